"""A base's own key for Claude: checked, encrypted, and never shown again but for its last four characters.

AES-256-GCM (NIST SP 800-38D) with a nonce of its own for each saving, and the base's id as associated data, so that a secret
that is copied to another base's row opens nothing there. The master key is ROWAN_SECRETS_KEY; outside production, where none is
set, it is derived from SECRET_KEY by HKDF (RFC 5869).
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

from ai.failures import Blocked, Failure
from ai.models import BaseAi
from ai.provider import DEMO_KEY, list_models
from bases.models import Base, User

NONCE_BYTES = 12
LENGTHS = range(8, 501)
OFFICIAL = "https://api.anthropic.com"
UNREADABLE = (
    "The key of this base cannot be read: it was saved with another ROWAN_SECRETS_KEY than the server has now. "
    "Enter the key again, or have the server's owner set the earlier one."
)


class BadKey(Exception):
    """Why a key cannot be saved: a sentence for people, without the key."""


class Key(str):
    """A key: a text that shows only its last four characters where a program shows values, as in a traceback.

    `is_own`: it is a base's, and not the server's for all bases.
    """

    is_own = False

    def __repr__(self) -> str:
        return f"<key …{last_four(self)}>"


def save(base: Base, user: User | None, key: str) -> None:
    """Stores the base's key after asking the API which models it may use. Raises BadKey; then nothing has changed."""
    key = Key(key.strip())
    _check(key)
    master = _master()
    if master is None:
        raise BadKey(
            "This server cannot keep keys yet: its owner has to set ROWAN_SECRETS_KEY first, "
            "or ANTHROPIC_API_KEY for all bases. See .env.example."
        )
    failure = None
    try:
        models = list_models(key)
    except Failure as found:
        failure = found
    if failure:
        raise BadKey(f"The key was not saved. {failure}")
    if not models:
        raise BadKey("The key was not saved. It may use no model.")
    nonce = os.urandom(NONCE_BYTES)
    now = timezone.now()
    BaseAi.objects.update_or_create(
        base=base,
        defaults={
            "secret": nonce + AESGCM(master).encrypt(nonce, key.encode(), _bound_to(base)),
            "last_four": last_four(key),
            "set_by": user,
            "set_at": now,
            "known_models": models,
            "known_at": now,
        },
    )


def remove(base: Base) -> None:
    """Forgets the base's own key, and with it the models it may use."""
    BaseAi.objects.filter(base=base).update(secret=b"", last_four="", set_by=None, set_at=None, known_models=[], known_at=None)


def key_of(base: Base) -> Key | None:
    """The key to ask with: the base's own, else the server's for all bases, else the demo's, else None.

    Raises Blocked when the base's own cannot be read. The server's is not taken in its place: somebody else pays for that.
    """
    secret = BaseAi.objects.filter(base=base).values_list("secret", flat=True).first()
    if not secret:
        of_all = settings.ANTHROPIC_API_KEY or (DEMO_KEY if settings.AI_DEMO_URL else "")
        return Key(of_all) if of_all else None
    opened = _opened(bytes(secret), base)
    if opened is None:
        raise Blocked(UNREADABLE)
    opened.is_own = True
    return opened


def last_four(key: str) -> str:
    """What is shown of a key; nothing of one so short that four characters would tell much of it."""
    return key[-4:] if len(key) >= 16 else ""


def _check(key: str) -> None:
    if not key:
        raise BadKey("Enter a key.")
    if not key.isascii() or not key.isprintable() or " " in key or len(key) not in LENGTHS:
        raise BadKey("This is not a key: it is one word of letters, digits and signs, without spaces.")
    if settings.ANTHROPIC_BASE_URL == OFFICIAL and not key.startswith("sk-ant-"):
        raise BadKey("This is not a key of Anthropic: those begin with “sk-ant-”.")
    if key.startswith("sk-ant-admin"):
        raise BadKey("This is an admin key, which cannot ask Claude anything. Make an API key in Anthropic's console.")


def _master() -> bytes | None:
    if settings.ROWAN_SECRETS_KEY:
        return bytes(settings.ROWAN_SECRETS_KEY)
    if settings.PRODUCTION:
        return None
    return HKDF(SHA256(), 32, salt=None, info=b"rowan: keys of bases").derive(settings.SECRET_KEY.encode())


def _bound_to(base: Base) -> bytes:
    return f"rowan:base:{base.pk}:key".encode()


def _opened(secret: bytes, base: Base) -> Key | None:
    """The key, or None when this server's master key does not open it."""
    master = _master()
    if master is None or len(secret) <= NONCE_BYTES:
        return None
    try:
        return Key(AESGCM(master).decrypt(secret[:NONCE_BYTES], secret[NONCE_BYTES:], _bound_to(base)).decode())
    except InvalidTag:
        return None
