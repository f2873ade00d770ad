"""What makes a column an AI column: made, changed, and looked up for every write and window."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from ai import prompts
from ai.answers import supported
from ai.models import AiCell, AiColumn, Run
from bases.models import User
from tables.columns import kind_of
from tables.models import Column, Table, columns_at
from tables.query.definition import BadQuery, Group, conditions, filter_json, read_filter
from tables.query.filters import check
from tables.schema import insert_column, living_column
from tables.writes import Write, write


class BadAi(ValueError):
    """An AI column, or a run of one, that cannot be; the message is a sentence for a person."""


class Known(NamedTuple):
    """What every write of a table must know of an AI column in it."""

    column_id: int
    key: int
    inputs: frozenset[int]  # the keys of the columns that its prompt and its condition read
    prompt_version: int
    auto_run: bool


@lru_cache(maxsize=500)
def _known(table_id: int, columns_version: int) -> tuple[Known, ...]:
    found = AiColumn.objects.filter(column__table_id=table_id, column__deleted_at=None).select_related("column")
    return tuple(Known(ai.pk, ai.column.key, _inputs(ai), ai.prompt_version, ai.auto_run) for ai in found.order_by("column__key"))


def _inputs(ai: AiColumn) -> frozenset[int]:
    condition = condition_of(ai)
    return prompts.inputs(ai.prompt) | (_asked_for(condition) if condition else frozenset())


def _asked_for(condition: Group) -> frozenset[int]:
    return frozenset(each.column for each in conditions(condition)) - {0}


def known(table: Table) -> tuple[Known, ...]:
    """The AI columns of a table as of its version; every change of one raises its columns' version."""
    return _known(table.pk, table.columns_version)


def condition_of(ai: AiColumn) -> Group | None:
    """ "Only run if": the filter that a row must match."""
    if not ai.condition:
        return None
    try:
        group = read_filter(ai.condition)
    except BadQuery:
        return None
    return group if group.items else None


def load(column: Column) -> AiColumn:
    """The settings of an AI column. Raises BadAi where it is none."""
    found = AiColumn.objects.filter(column=column).first()
    if found is None:
        raise BadAi(f"“{column.name}” is no AI column.")
    return found


def create(table: Table, user: User, name: str, kind: str, options: Mapping[str, Any], prompt: str, **settings: Any) -> Column:
    """A new AI column with a prompt as a person writes it. `settings`: model, condition, auto_run, auto_budget_micros.

    Raises BadAi, prompts.BadPrompt, BadSchema, BadOptions, Gone.
    """
    with write(table.pk, user, "add columns") as current:
        column = insert_column(current, name, kind, options)
        _save(current, user, AiColumn(column=column), column, prompt, settings)
    return column


def change(table: Table, user: User, key: int, prompt: str, **settings: Any) -> AiColumn:
    """Give a column, which may be an ordinary one so far, another prompt, model, condition, auto-run or budget of it.

    Raises BadAi, prompts.BadPrompt, Gone.
    """
    with write(table.pk, user, "change prompt") as current:
        column = living_column(current.table, key)
        ai = AiColumn.objects.filter(column=column).first()
        if ai is None:
            ai = AiColumn(column=column)
            _lock_filled(column)
        _save(current, user, ai, column, prompt, settings)
        current.detail["ai"] = {"key": key, "name": column.name}
    return ai


def remove(table: Table, user: User, key: int) -> None:
    """Make an AI column an ordinary one; its cells keep their values. Raises BadAi, Gone."""
    with write(table.pk, user, "change prompt") as current:
        column = living_column(current.table, key)
        load(column).delete()
        AiCell.objects.filter(column_id=column.pk).delete()
        current.columns_changed = True
        current.detail["ai"] = {"key": key, "name": column.name}


def _save(current: Write, user: User, ai: AiColumn, column: Column, prompt: str, settings: Mapping[str, Any]) -> None:
    if not supported(column.kind):
        raise BadAi(f"A column of the kind “{kind_of(column.kind).label}” cannot be filled by AI.")
    columns = list(current.table.live_columns())
    was = (ai.prompt, ai.model, ai.condition)
    ai.prompt = prompts.stored(prompt, columns, column.key)
    if "condition" in settings:
        ai.condition = _checked_condition(settings["condition"], columns, column)
    _refuse_circle(current, ai, column, columns)
    if "model" in settings:
        ai.model = settings["model"]
    if "auto_run" in settings:
        if ai.auto_run:
            _close_standing(column, stays=bool(settings["auto_run"]) and ai.auto_user_id == user.pk)
        ai.auto_user = user if settings["auto_run"] else None
        ai.auto_run = bool(settings["auto_run"])
    if "auto_budget_micros" in settings:
        ai.auto_budget_micros = settings["auto_budget_micros"]
    if not ai._state.adding and (ai.prompt, ai.model, ai.condition) != was:
        ai.prompt_version += 1
    ai.save()
    current.columns_changed = True


def _close_standing(column: Column, *, stays: bool) -> None:
    """The standing run of auto-run ends, since another one goes on by the name of whoever turns it on; or it `stays`."""
    now = timezone.now()
    standing = Run.objects.filter(column=column, is_auto=True, state__in=Run.OPEN)
    if stays:
        # One that waits for another day is looked at by the sweeper at once: its budget may be another one now.
        waits = standing.filter(paused_until__isnull=False)
        waits.update(paused_until=now)
        standing = standing.filter(state=Run.State.PAUSED, paused_until=None)
    standing.update(state=Run.State.DONE, finished_at=now, alive_at=now)


def refuse_circle(table: Table, column: Column, prompt: str) -> None:
    """Raise BadAi where a column that is to have this stored prompt would wait for itself."""
    _refuse(known(table), column, prompt, list(table.live_columns()))


def _refuse_circle(current: Write, ai: AiColumn, column: Column, columns: list[Column]) -> None:
    """What "only run if" asks for is an input like those that the prompt names."""
    read = ai.prompt + "".join(f"{{#{key}}}" for key in sorted(_inputs(ai)))
    _refuse(_fresh(current.table), column, read, columns)


def _refuse(all_known: Iterable[Known], column: Column, read: str, columns: list[Column]) -> None:
    others = {each.key: each.inputs for each in all_known if each.key != column.key}
    if ring := prompts.cycle(column.key, read, others):
        raise BadAi(prompts.cycle_told(ring, columns))


def _lock_filled(column: Column) -> None:
    """What stands in an ordinary column that becomes an AI column is somebody's own: no run touches it unless asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ai_aicell (column_id, row_id, status, gen, seq, attempts)"
            " SELECT %s, id, 6, 0, 0, 0 FROM tables_row WHERE table_id = %s AND data ? %s ON CONFLICT DO NOTHING",
            [column.pk, column.table_id, str(column.key)],
        )


def _fresh(table: Table) -> tuple[Known, ...]:
    """As `known`, in a write that has changed columns already."""
    return _known.__wrapped__(table.pk, -1)


def _checked_condition(condition: Group | None, columns: list[Column], column: Column) -> Any:
    if condition is None or not condition.items:
        return {}
    try:
        check(condition, {each.key: each for each in columns})
    except BadQuery as bad:
        raise BadAi(str(bad)) from None
    if column.key in _asked_for(condition):
        raise BadAi("“Only run if” cannot ask for the column itself.")
    return filter_json(condition)


def touch_prompt(column_ids: set[int]) -> None:
    """These columns' kind or options have changed: earlier answers are stale."""
    for ai in AiColumn.objects.filter(pk__in=column_ids):
        ai.prompt_version += 1
        ai.save(update_fields=["prompt_version"])


def columns_by_key(table: Table) -> dict[int, Column]:
    return {column.key: column for column in columns_at(table.pk, table.columns_version)}
