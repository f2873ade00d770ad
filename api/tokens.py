"""Tokens made, found and taken back."""

import re
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import choice
from string import ascii_letters, digits

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from api.models import Token
from bases.models import Base, User
from bases.quotas import hold

PREFIX = "rowan_"  # by which scanners of leaked secrets know it
LENGTH = 43  # letters and digits of chance, 256 bits: nobody guesses it, so a fast hash keeps it
TOKENS_LIMIT = 50  # of one person, those that are over too
NAME_LENGTH = 100
USED_SECONDS = 60  # how exactly it is known when one was used last: a write for every call would cost more than the call
_LETTERS = ascii_letters + digits  # all of it is taken by one double click
_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9]{{{LENGTH}}}")


class BadToken(ValueError):
    """A token that cannot be made; the message is a sentence for a person."""


def create(user: User, name: str, *, may_write: bool, base: Base | None, days: int | None) -> tuple[Token, str]:
    """A new token and its text, which is never seen again. `days`: how long it is valid; None: for ever. Raises BadToken."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise BadToken("Say what the token is for.")
    if len(name) > NAME_LENGTH:
        raise BadToken(f"At most {NAME_LENGTH} characters, please; these are {len(name):,}.")
    text = PREFIX + "".join(choice(_LETTERS) for _ in range(LENGTH))
    expires = timezone.now() + timedelta(days=days) if days else None
    with transaction.atomic():
        hold(user)
        if Token.objects.filter(user=user).count() >= TOKENS_LIMIT:
            raise BadToken(f"You have {TOKENS_LIMIT} tokens. Take one back first.")
        token = Token.objects.create(
            user=user, name=name, digest=_digest(text), last_four=text[-4:], may_write=may_write, base=base, expires_at=expires
        )
    return token, text


def find(text: str) -> Token | None:
    """The token with this text, if it is valid, with its person; and note that it was used."""
    if not _FORM.fullmatch(text):
        return None
    token: Token | None = Token.objects.valid().select_related("user").filter(digest=_digest(text)).first()
    if token is not None:
        _note(token, timezone.now())
    return token


def _note(token: Token, now: datetime) -> None:
    before = now - timedelta(seconds=USED_SECONDS)
    if token.used_at is None or token.used_at < before:
        Token.objects.filter(Q(used_at=None) | Q(used_at__lt=before), pk=token.pk).update(used_at=now)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
