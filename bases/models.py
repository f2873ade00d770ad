"""People, bases and who may see what."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

TRASH_DAYS = 30  # what is deleted can be restored for this long


def trash_start() -> datetime:
    """What was deleted before this moment is gone for good."""
    return timezone.now() - timedelta(days=TRASH_DAYS)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email or "@" not in email:
            raise ValueError(f"“{email}” is not an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person, known by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.email

    @property
    def shown_name(self) -> str:
        return self.get_full_name() or self.email.split("@")[0]


class Session(AbstractBaseSession):
    """A browser that somebody is logged in with; without a user, one that only has a message or a log-in under way."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        pass

    @classmethod
    def get_session_store_class(cls) -> Any:
        from bases.sessions import SessionStore  # which needs this model

        return SessionStore


class Role(models.IntegerChoices):
    """What a member may do; a higher role may do all that a lower one may."""

    VIEWER = 10, "Viewer"
    EDITOR = 20, "Editor"
    OWNER = 30, "Owner"


class Trashable(models.Model):
    """What can be thrown away and brought back: a base, a table."""

    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        abstract = True

    def trash(self) -> None:
        self.deleted_at = timezone.now()
        self.save(update_fields=["deleted_at"])

    def restore(self) -> None:
        self.deleted_at = None
        self.save(update_fields=["deleted_at"])


class BaseQuerySet(models.QuerySet["Base"]):
    def alive(self) -> "BaseQuerySet":
        return self.filter(deleted_at=None)

    def of(self, user: User) -> "BaseQuerySet":
        """Bases this person is a member of, trash included."""
        return self.filter(members__user=user)


class Base(Trashable):
    """A base: tables that belong together, and the people who share them."""

    name = models.CharField(max_length=200)
    color = models.CharField(max_length=20, default="blue")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = BaseQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """One person's place in one base."""

    base = models.ForeignKey(Base, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role.choices, default=Role.EDITOR)
    opened_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["base", "user"], name="one_membership_per_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.base}"

    @property
    def can_edit(self) -> bool:
        return self.role >= Role.EDITOR

    @property
    def is_owner(self) -> bool:
        return self.role >= Role.OWNER


class Invite(models.Model):
    """A place in a base that is kept for an e-mail address until its person joins. bases/invites.py says who may."""

    base = models.ForeignKey(Base, on_delete=models.CASCADE, related_name="invites")
    email = models.EmailField()  # lower case
    role = models.PositiveSmallIntegerField(choices=Role.choices, default=Role.EDITOR)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)  # when an owner last confirmed it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["base", "email"], name="one_invite_per_address")]
        indexes = [models.Index(fields=["email"], name="invites_of_an_address")]

    def __str__(self) -> str:
        return f"{self.email} to {self.base}"
