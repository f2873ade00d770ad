"""A base's key: encrypted, bound to its base, tested before it is kept, and nowhere to be read."""

import base64
import logging
import traceback
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.contrib import admin
from django.db import connection
from django.utils import timezone

from ai import keys, prices
from ai.answering import offered
from ai.failures import Blocked
from ai.fake import Fake
from ai.models import BaseAi, ServerModels
from ai.tasks import renew_models
from bases.models import Base
from tests.ai_fake import KEY
from tests.make import make_base, make_user

pytestmark = pytest.mark.django_db
SERVERS = "sk-ant-server-1234567890abcd"


def test_a_saved_key_is_found_again_and_stands_nowhere_in_the_database(fake_api: Fake) -> None:
    base = make_base()
    assert keys.key_of(base) is None
    keys.save(base, make_user("alice"), f"  {KEY}\n")
    assert keys.key_of(base) == KEY
    kept = BaseAi.objects.get(base=base)
    assert (kept.last_four, kept.set_by) == ("WXYZ", make_user("alice")) and kept.set_at and kept.known_at
    assert [m["id"] for m in kept.known_models] == [m["id"] for m in _models(fake_api)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT ai_baseai::text FROM ai_baseai")
        row = cursor.fetchone()[0]
    assert KEY not in row and KEY.encode().hex() not in row and KEY[-8:] not in row
    first = bytes(kept.secret)
    keys.save(base, None, KEY)
    assert bytes(BaseAi.objects.get(base=base).secret) != first, "The same nonce was used twice."
    keys.remove(base)
    assert keys.key_of(base) is None and BaseAi.objects.get(base=base).known_models == []


def _models(fake: Fake) -> list[dict[str, str]]:
    from ai.provider import list_models

    return list_models(KEY)


def test_the_models_of_a_key_are_asked_for_again_each_day(fake_api: Fake, settings: Any) -> None:
    base, other = make_base(), make_base(name="Other")
    keys.save(base, None, KEY)
    settings.ANTHROPIC_API_KEY = SERVERS
    prices_known = [each.id for each in offered(other)]
    assert prices_known == list(prices.MODELS), "until a worker has asked"
    fake_api.models = (("claude-next-6", "Claude Next 6"), ("claude-haiku-5-5", "Claude Haiku 5.5"))
    renew_models()
    assert [each.id for each in offered(other)] == ["claude-next-6", "claude-haiku-5-5"]
    assert len(offered(base)) == 3, "asked for not half a day ago"
    BaseAi.objects.filter(base=base).update(known_at=timezone.now() - timedelta(days=1))
    renew_models()
    assert [each.name for each in offered(base)] == ["Claude Next 6", "Claude Haiku 5.5"]
    asked = [each.key for each in fake_api.log]
    assert asked == [KEY, SERVERS, SERVERS, KEY], "each with its own key"
    # A key that may use nothing now, or cannot be asked, keeps what is known; another key of the server knows nothing yet.
    BaseAi.objects.filter(base=base).update(known_at=timezone.now() - timedelta(days=1))
    fake_api.keys = set()
    renew_models()
    assert len(offered(base)) == len(offered(other)) == 2
    settings.ANTHROPIC_API_KEY = "sk-ant-another-1234567890abcd"
    assert [each.id for each in offered(other)] == list(prices.MODELS)


@pytest.mark.django_db(transaction=True)
def test_who_looks_first_has_a_worker_ask_once(fake_api: Fake, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ANTHROPIC_API_KEY = SERVERS
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", sent.append)
    base = make_base()
    assert offered(base) == offered(base) and sent == ["ai.tasks.renew_models"]
    renew_models()
    assert len(offered(base)) == 3 and len(sent) == 1
    ServerModels.objects.update(known_at=timezone.now() - timedelta(days=2), asked_at=timezone.now() - timedelta(days=2))
    assert len(offered(base)) == 3 and len(sent) == 2
    assert SERVERS not in str(ServerModels.objects.values().get())


def test_removing_a_key_keeps_the_budget_and_the_model(fake_api: Fake) -> None:
    base = make_base()
    BaseAi.objects.create(base=base, model="claude-opus-5-5", budget_micros=5)
    keys.save(base, None, KEY)
    keys.remove(base)
    kept = BaseAi.objects.get(base=base)
    assert (kept.model, kept.budget_micros, kept.last_four, bytes(kept.secret)) == ("claude-opus-5-5", 5, "", b"")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("", "Enter a key"),
        ("sk-ant one two three", "without spaces"),
        ("sk-ant-ключ-от-всего", "not a key"),
        ("sk-ant-" + "x" * 600, "not a key"),
        ("sk-ant-line\nbreak-0000", "not a key"),
        ("sk-ant-admin01-abcdefghijkl", "admin key"),
        ("sk-ant-revoked-abcdefghijkl", "does not know this key"),
    ],
)
def test_a_key_that_is_none_is_not_kept(fake_api: Fake, key: str, says: str) -> None:
    fake_api.keys = {KEY}
    base = make_base()
    keys.save(base, None, KEY)
    with pytest.raises(keys.BadKey, match=says) as raised:
        keys.save(base, None, key)
    assert not key or key not in "".join(traceback.format_exception(raised.value))
    assert keys.key_of(base) == KEY, "The key before it is gone."


def test_keys_of_the_real_api_have_its_form(settings: Any) -> None:
    settings.ANTHROPIC_BASE_URL = keys.OFFICIAL
    with pytest.raises(keys.BadKey, match="“sk-ant-”"):
        keys.save(make_base(), None, "sk-proj-1234567890")


def test_a_key_opens_for_its_own_base_and_master_key_only(fake_api: Fake, settings: Any) -> None:
    base, other = make_base(), Base.objects.create(name="Other")
    settings.ROWAN_SECRETS_KEY = b"m" * 32
    keys.save(base, None, KEY)
    BaseAi.objects.create(base=other, secret=BaseAi.objects.get(base=base).secret)
    for secret in (BaseAi.objects.get(base=base).secret, b"x", b"x" * 60):
        BaseAi.objects.filter(base=other).update(secret=secret)
        with pytest.raises(Blocked, match="cannot be read"):
            keys.key_of(other)
    settings.ROWAN_SECRETS_KEY = b"n" * 32
    settings.ANTHROPIC_API_KEY = "sk-ant-the-servers-own"
    with pytest.raises(Blocked, match="another ROWAN_SECRETS_KEY"):
        keys.key_of(base)
    settings.ROWAN_SECRETS_KEY = b"m" * 32
    assert keys.key_of(base) == KEY


def test_the_servers_key_is_for_bases_without_one(fake_api: Fake, settings: Any) -> None:
    base = make_base()
    settings.ANTHROPIC_API_KEY = "sk-ant-the-servers-own"
    assert keys.key_of(base) == "sk-ant-the-servers-own"
    keys.save(base, None, KEY)
    assert keys.key_of(base) == KEY


def test_in_production_a_master_key_must_have_been_set(fake_api: Fake, settings: Any) -> None:
    base = make_base()
    settings.PRODUCTION = True
    with pytest.raises(keys.BadKey, match="ROWAN_SECRETS_KEY"):
        keys.save(base, None, KEY)
    assert keys.key_of(base) is None and not fake_api.log
    settings.ROWAN_SECRETS_KEY = base64.b64decode(base64.b64encode(b"k" * 32))
    keys.save(base, None, KEY)
    settings.ROWAN_SECRETS_KEY = b""
    with pytest.raises(Blocked, match="cannot be read"):
        keys.key_of(base)


def test_a_key_shows_nowhere(fake_api: Fake, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    base = make_base()
    keys.save(base, None, KEY)
    key = keys.key_of(base)
    assert key is not None
    kept = BaseAi.objects.get(base=base)
    shown = repr(key) + repr([{"key": key}]) + repr(kept) + str(kept) + str(vars(kept)) + caplog.text
    assert KEY not in shown and "<key …WXYZ>" in shown
    assert BaseAi not in admin.site._registry
