"""Tokens: what a program shows instead of a log-in."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from bases.models import Base, User


class TokenQuerySet(models.QuerySet["Token"]):
    def valid(self) -> "TokenQuerySet":
        not_over = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(not_over, user__is_active=True)


class Token(models.Model):
    """A program acts in the name of the token's person, with their roles or less. Of the token's text only a digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)  # what it is for
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 in hexadecimal
    last_four = models.CharField(max_length=4)
    may_write = models.BooleanField(default=False)
    base = models.ForeignKey(Base, on_delete=models.CASCADE, null=True, blank=True, related_name="+")  # None: all of the person's
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)  # to the minute

    objects: ClassVar[Any] = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
