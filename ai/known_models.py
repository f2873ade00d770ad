"""The models that keys may use, from GET /v1/models: asked when a base saves its key, and once a day from then on.

The key of the server is for all bases, so what it may use is kept once, and asked for when somebody first wants to know.
"""

import hmac
import logging
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from ai import keys
from ai.failures import Blocked, Failure
from ai.models import BaseAi, ServerModels
from ai.provider import list_models
from bases.models import Base

log = logging.getLogger(__name__)

TASK = "ai.tasks.renew_models"
RENEWED = timedelta(days=1)
ASKED_AGAIN = timedelta(minutes=5)  # after a question that nobody has answered
Models = list[dict[str, str]]  # [{"id", "display_name"}], the newest first


def of(base: Base) -> Models:
    """The models of the base's own key, else of the server's; [] while nobody knows them."""
    own = BaseAi.objects.filter(pk=base.pk).exclude(secret=b"").values_list("known_models", flat=True).first()
    if own is not None:
        return list(own)
    if not settings.ANTHROPIC_API_KEY:
        return []
    kept = ServerModels.objects.filter(pk=1, key_mark=_mark()).first()
    now = timezone.now()
    if (kept is None or kept.known_at is None or kept.known_at < now - RENEWED) and (
        kept is None or kept.asked_at < now - ASKED_AGAIN
    ):
        _ask_soon()
    return list(kept.known) if kept else []


def renew() -> None:
    """Ask for all keys. What is known of one that cannot be asked now, or may use none any more, stays."""
    if settings.ANTHROPIC_API_KEY and (found := _asked(settings.ANTHROPIC_API_KEY)):
        now = timezone.now()
        fresh = {"key_mark": _mark(), "known": found, "known_at": now, "asked_at": now}
        ServerModels.objects.update_or_create(pk=1, defaults=fresh)
    for ai in BaseAi.objects.exclude(secret=b"").filter(known_at__lt=timezone.now() - RENEWED / 2).select_related("base"):
        with suppress(Blocked):
            key = keys.key_of(ai.base)
            if key and (found := _asked(key)):
                # A key that was saved meanwhile has brought its own.
                BaseAi.objects.filter(pk=ai.pk, set_at=ai.set_at).update(known_models=found, known_at=timezone.now())


def _asked(key: str) -> Models:
    try:
        return list_models(key)
    except Failure as failure:
        log.warning("The models of a key are not known: %s", failure)
        return []


def _ask_soon() -> None:
    """Let a worker ask: a page waits for nobody."""
    now = timezone.now()
    new, made = ServerModels.objects.get_or_create(pk=1, defaults={"key_mark": _mark(), "asked_at": now})
    if not made:
        nothing: dict[str, Any] = {} if new.key_mark == _mark() else {"known": [], "known_at": None}
        ServerModels.objects.filter(pk=1).update(key_mark=_mark(), asked_at=now, **nothing)

    def send() -> None:
        with suppress(OperationalError):
            current_app.send_task(TASK)

    transaction.on_commit(send)


def _mark() -> str:
    """Tells one key of the server from another, and nothing of the key."""
    return hmac.new(settings.SECRET_KEY.encode(), settings.ANTHROPIC_API_KEY.encode(), sha256).hexdigest()
