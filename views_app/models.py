"""Saved views: a table as somebody likes to see it, under a name."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from bases.models import Trashable, User
from tables.models import Table
from views_app.state import State

CONFIG_VERSION = 1  # of the form in which a view keeps its state


class ViewQuerySet(models.QuerySet["View"]):
    def seen_by(self, user: User) -> "ViewQuerySet":
        """Live views that are shared or the person's own: first the shared ones, each group in its order."""
        mine = self.filter(Q(owner=None) | Q(owner=user), deleted_at=None)
        return mine.order_by(F("owner_id").asc(nulls_first=True), "order", "pk")


class View(Trashable):
    """A view of a table. views_app/saved.py says who may do what with it."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="+")  # None: shared
    locked = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)  # the table opens with it
    order = models.PositiveIntegerField(default=0)  # among the shared views, or among its owner's
    config = models.JSONField(default=dict)  # {"v": CONFIG_VERSION, <part of the state>: <its text>, ...}
    version = models.PositiveIntegerField(default=1)  # raised whenever `config` is saved
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = ViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table"], condition=Q(is_default=True, deleted_at=None), name="one_default_view"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(owner=None), name="the_default_view_is_shared"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_personal(self) -> bool:
        return self.owner_id is not None

    def state(self) -> tuple[State, list[str]]:
        """What it shows, and a sentence for each part that cannot be read, such as one of another version of Rowan."""
        if not isinstance(self.config, dict):
            return State(), [f"What the view “{self.name}” keeps cannot be read."]
        parts = {name: text for name, text in self.config.items() if name != "v"}
        texts = {name: text for name, text in parts.items() if isinstance(text, str)}
        state, problems = State().changed_where_possible(texts)
        problems += [f"“{name}” is no text." for name in parts if name not in texts]
        unread = [f"A part of the view “{self.name}” is left out: {problem}" for problem in problems]
        if self.config.get("v") not in range(1, CONFIG_VERSION + 1):
            unread.append(f"The view “{self.name}” was saved by another version of Rowan and may look different here.")
        return state, unread


def config_of(state: State) -> dict[str, Any]:
    """A state as a view keeps it."""
    return {"v": CONFIG_VERSION, **state.texts()}
