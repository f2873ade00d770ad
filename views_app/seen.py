"""What a person sees of a table at this moment: a view, and what a link makes of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from bases.models import Member
from tables.models import Column, Table
from tables.query.definition import BadQuery, Group, conditions
from tables.query.filters import resolve
from views_app.colors import ColorRule
from views_app.models import View
from views_app.saved import GONE, default_view, load_view, may_change, overtaken
from views_app.state import TOO_LONG, State, from_request, named, parts_of, too_long

ALL_ROWS = 0  # in a link in the place of a view's id: no view, but the table as it is


@dataclass(frozen=True)
class Seen:
    """`view` is None for all rows; `saved` is what the view shows by itself, `state` what the person sees of it.

    Columns that are gone are gone in both, and so are conditions that cannot be asked; `wanted` has them still.
    """

    table: Table
    member: Member
    view: View | None
    saved: State
    state: State
    wanted: Group | None  # the filter as it is written down
    rules: tuple[ColorRule, ...]  # the color rules as they are written down
    problems: tuple[str, ...]  # sentences about what cannot be shown
    version: int  # of the view, as the person's page shows it; 0 without a view

    @cached_property
    def changes(self) -> dict[str, str]:
        """The parts in which the person sees something else than the view has saved."""
        return self.state.parts_beside(self.saved)

    @property
    def is_overtaken(self) -> bool:
        """Whether somebody has saved the view since the person's page was made, which therefore shows something else."""
        return self.view is not None and self.version != self.view.version


def seen(params: Mapping[str, str], table: Table, member: Member, columns: Collection[Column]) -> Seen:
    """What a link (its parameters) shows of a table. Raises Http404 where it names a view that the person cannot see."""
    view = view_of(params, table, member)
    saved, unread = view.state() if view else (State(), [])
    written, misread = from_request(params, saved)
    state, lost = living(written, columns)
    problems = tuple(dict.fromkeys([*unread, *misread, *lost]))
    return Seen(
        table, member, view, living(saved, columns)[0], state, written.filter, written.colors, problems, _version(params, view)
    )


def living(state: State, columns: Collection[Column]) -> tuple[State, list[str]]:
    """What of a state can be shown with the columns that are there, and a sentence for each thing that is lost."""
    state, lost = state.live(columns)
    by_key = {column.key: column for column in columns}
    if state.filter:
        group, problems = resolve(state.filter, by_key)
        state, lost = replace(state, filter=group if group.items else None), [*lost, *problems]
    # A rule that has lost a condition would color too much.
    colors = tuple(rule for rule in state.colors if _is_whole(resolve(rule.filter, by_key)[0], rule.filter))
    lost += ["A color rule with a condition that does not fit its column is left out."] * (len(state.colors) - len(colors))
    return replace(state, colors=colors), lost


def _is_whole(left: Group, group: Group) -> bool:
    return sum(1 for _ in conditions(left)) == sum(1 for _ in conditions(group))


def _version(params: Mapping[str, str], view: View | None) -> int:
    """The version that a page says it shows; one that is just being made shows what is there."""
    if view is None:
        return 0
    text = params.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else view.version


def view_of(params: Mapping[str, str], table: Table, member: Member) -> View | None:
    """The view that a link names. One that names none shows the default view; where it says what to show, all rows."""
    named_id = params.get("view", "")
    if named_id:
        if not named_id.isascii() or not named_id.isdigit() or len(named_id) > 10:
            raise Http404(GONE)
        return None if int(named_id) == ALL_ROWS else load_view(table, member, int(named_id))
    # Were its parts put upon the default view, a link would change its meaning with every change of the default.
    return None if parts_of(params) else default_view(table)


def link(table: Table, view: View | None, parts: Mapping[str, str] | None = None) -> str:
    """The address at which a table is seen like this. Raises BadQuery where it would be too long."""
    if parts and too_long(parts):
        raise BadQuery(TOO_LONG)
    query = urlencode({"view": view.pk if view else ALL_ROWS, **(parts or {})})
    return f"{reverse('grid', args=[table.pk])}?{query}"


def carried(now: Seen, params: Mapping[str, str]) -> dict[str, str]:
    """What another link needs, of the parameters that show this, to show the same: the view, and the parts beside it."""
    parts = parts_of(params)
    view = {"view": str(now.view.pk if now.view else ALL_ROWS)} if now.view or "view" in params else {}
    return view if too_long(parts) else {**view, **parts}


def tabs(now: Seen) -> dict[str, Any]:
    """What templates/views_app/tabs.html shows, beside `base`, `table` and `member`."""
    views = list(now.table.views.seen_by(now.member.user).defer("config"))
    has_default = any(each.is_default for each in views)
    return {
        "view": now.view,
        "views": [{"view": each, "url": link(now.table, each), "current": now.view == each} for each in views],
        "shows_all_rows": now.view is None or not has_default,
        "all_rows_url": link(now.table, None) if has_default else reverse("grid", args=[now.table.pk]),
        "view_url": link(now.table, now.view),
        "unsaved": named(now.changes),
        "may_save": now.view is not None and may_change(now.view, now.member) and not now.view.locked,
        "version": now.version,
        "overtaken": overtaken(now.view) if now.view and now.is_overtaken else "",
        "problems": now.problems,
    }
