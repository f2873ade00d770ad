"""What `manage.py check --deploy` warns of beside Django's own: settings that work, and that a host should mean."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


def is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@register(Tags.security, deploy=True)
def redis_has_a_password(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    redis = urlsplit(settings.REDIS_URL)
    if redis.password or is_this_machine(redis.hostname or "localhost"):
        return []
    return [
        Warning(
            "REDIS_URL has no password and leads to another machine: whoever reaches that Redis can give Rowan's workers orders.",
            hint="Set requirepass there and write redis://:password@host:6379/0, or let nobody else reach it.",
            id="rowan.W001",
        )
    ]


@register(Tags.security, deploy=True)
def mail_is_sent(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    if not settings.EMAIL_BACKEND.endswith(".console.EmailBackend"):
        return []
    return [
        Warning(
            "Mail is printed by the web process: nobody but who reads its output can confirm an address or reset a password.",
            hint="Set EMAIL_URL. See .env.example.",
            id="rowan.W002",
        )
    ]
