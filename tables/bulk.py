"""Actions on more rows than one write should hold: cells cleared, filled, pasted, converted or copied, rows duplicated, moved or
deleted, undo and redo.

A Bulk holds the ids of its rows as they were picked. `run` does BATCH_ROWS of them in one write, which also notes how far
it is: killed at any moment, by `kill -9` too, it goes on where it was, and no row is done twice. Between two writes other
people's edits get their turn. What each action does in a write is in tables/bulk_writes.py.
"""

import logging
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from bases.models import Member, Role, User
from bases.progress import OPEN, State
from bases.quotas import hold
from tables import indexes
from tables.bulk_writes import WRITES, Batch
from tables.column_changes import take_back as take_back_change
from tables.edits import Allowed, Cut, large_paste
from tables.edits.fill import Plan, light
from tables.edits.report import Report
from tables.models import RUN_AI, Bulk, Change, PastedRows, Table
from tables.places import TooMany
from tables.undo import UNDER_WAY
from tables.writes import Gone, Write, write

log = logging.getLogger(__name__)

BATCH_ROWS = 5_000  # a write of so many rows holds up others for 0.2 s
BATCH_CELLS = 50_000  # ... and one of so many cells for 0.3 s
BATCH_CHARACTERS = 20_000_000  # ... where the longest row of what is written has so many
MOST_LISTED = 1_000  # problems that are told one by one
MOST_OPEN = 4  # of one person
MOST_RESUMES = 3  # of one whose process is killed again and again without a write in between
QUIET_SECONDS = 15  # without a write for this long it is sent to the workers again
LOCK_CLASS = 0x726F75  # advisory locks: one process works on one Bulk
COUNT_LOCK = 0x726F76  # ... and one transaction at a time counts a person's


class TooBusy(ValueError):
    """So many actions of this person are under way that another must wait; the message is a sentence."""


def begin(table: Table, user: User, action: str, ids: Sequence[int], **params: Any) -> Bulk:
    """An action on these rows. Nothing runs until it is sent (tables/tasks.py) or run. Raises TooBusy."""
    params["zone"] = timezone.get_current_timezone_name()
    with transaction.atomic():
        _refuse_crowd(table, user)
        return Bulk.objects.create(table=table, user=user, action=action, params=params, ids=pack(ids), total=len(ids))


def clear(table: Table, user: User, ids: Sequence[int], keys: Sequence[int]) -> Bulk:
    """Empty these columns' cells of these rows. Raises TooBusy."""
    return begin(table, user, "clear cells", ids, keys=list(keys))


def fill(table: Table, user: User, wanted: Plan) -> Bulk:
    """Fill as planned (tables/edits/fill.py). Raises TooBusy."""
    sources = wanted.params.get("sources", {}).values()
    weight = sum(max((len(str(value)) for value in values), default=0) for values in sources)
    found = begin(table, user, "fill cells", wanted.ids, **wanted.params, weight=weight)
    _report(found, wanted.report)
    return found


def paste(
    table: Table,
    user: User,
    rows: Iterable[Sequence[str]],
    ids: Sequence[int],
    keys: Sequence[int],
    first: int,
    allowed: Allowed,
    cut: Cut | None = None,
) -> Bulk:
    """Write a text of any size, then empty what it was cut from (tables/edits/large_paste.py).

    Raises TooBusy, TooMany, Gone, UnicodeDecodeError.
    """
    with transaction.atomic():
        found = begin(table, user, "paste", [])
        begun = large_paste.begin(found, rows, ids, keys, first, allowed, cut)
        found.ids, found.total, found.versions = pack(begun.ids), begun.total, begun.versions
        found.params |= begun.params
        found.save()
        _report(found, begun.report)
    return found


def delete(table: Table, user: User, ids: Sequence[int], *sentences: str) -> Bulk:
    """Delete these rows; the bar says `sentences` when it is done. Raises TooBusy."""
    return begin(table, user, "delete rows", ids, **({"sentences": list(sentences)} if sentences else {}))


def duplicate(table: Table, user: User, ids: Sequence[int], lowest: int) -> Bulk:
    """Copy these rows to below the row `lowest` of them. Raises TooBusy."""
    return begin(table, user, "duplicate rows", ids, below=lowest)


def move(table: Table, user: User, ids: Sequence[int], **beside: int) -> Bulk:
    """Move these rows, in their order, to `above` or `below` the row with that id. Raises TooBusy."""
    return begin(table, user, "move rows", ids, **beside)


def take_back(table: Table, user: User, action: str, of: Bulk, token: str = "") -> Bulk:
    """Undo or redo all of another Bulk that has ended; `token` names a program's. Raises TooBusy, Gone."""
    if of.is_open:
        raise Gone(UNDER_WAY)
    params = {"of": of.pk, "zone": timezone.get_current_timezone_name(), **({"token": token} if token else {})}
    with transaction.atomic():
        _refuse_crowd(table, user)
        return Bulk.objects.create(table=table, user=user, action=action, params=params, total=of.done)


def _refuse_crowd(table: Table, user: User) -> None:
    """Raise TooBusy where another would be one too many; until the transaction ends they begin no other."""
    # The table first, which a write that begins a Bulk holds already; and a lock of its own instead of hold(user), which others
    # take before the table's.
    hold(table)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [COUNT_LOCK, user.pk])
    if Bulk.objects.filter(user=user, state__in=OPEN).exclude(action=RUN_AI).count() >= MOST_OPEN:
        raise TooBusy(f"{MOST_OPEN} actions of yours are under way. Wait until one has ended, or cancel one.")


def pack(ids: Sequence[int]) -> bytes:
    packed = array("I", ids)  # not struct.pack, which would hold each of ten million numbers as an object
    if sys.byteorder == "little":
        packed.byteswap()
    return packed.tobytes()


def _batch(bulk: Bulk) -> Batch:
    """Its next rows. Only their ids are read: all of a million in each of 200 writes would take 8 s."""
    part, end = bulk.params, bulk.params.get("pasted", bulk.total)
    if large_paste.is_emptying(bulk):  # which is never of the same write as what is pasted
        part, end = bulk.params["cut"], bulk.total
    columns, weight = max(1, len(part.get("keys", []))), max(1, bulk.params.get("weight", 1))
    size = min(max(1, min(BATCH_ROWS, BATCH_CELLS // columns, BATCH_CHARACTERS // weight)), end - bulk.done)
    with connection.cursor() as cursor:
        cursor.execute("SELECT substr(ids, %s, %s) FROM tables_bulk WHERE id = %s", [4 * bulk.done + 1, 4 * size, bulk.pk])
        packed = bytes(cursor.fetchone()[0])
    ids: Sequence[int] = struct.unpack(f">{len(packed) // 4}I", packed)
    if ids and bulk.action == "fill cells":
        ids = light(bulk.table, bulk.params, ids, BATCH_CHARACTERS)
        size = len(ids)
    if "cut" in bulk.params:
        ids = [row_id for row_id in ids if row_id]  # 0 is a row that is still to be made
    return Batch(ids, size, Report(most=max(0, MOST_LISTED - bulk.misfits)))


# --- Doing it ------------------------------------------------------------------------------------------------------------


def run(bulk_id: int) -> None:
    """Work on a Bulk until it has ended. May be called by any number of processes, and again after any crash."""
    with _alone(bulk_id) as mine:
        found = Bulk.objects.select_related("table").light().filter(pk=bulk_id, state__in=OPEN).first() if mine else None
        if found is None:
            return
        with indexes.set_aside(found.table, found.total - found.done):
            while _take_step(bulk_id):
                pass


@contextmanager
def _alone(bulk_id: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, bulk_id])
        mine: bool = cursor.fetchone()[0]
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, bulk_id])


def _take_step(bulk_id: int) -> bool:
    """One write of it, and how far it is then; False when it has ended."""
    with transaction.atomic():
        bulk = Bulk.objects.select_for_update().light().get(pk=bulk_id)
        if not bulk.is_open:
            return False
        if bulk.cancel_asked:
            return _end(bulk, State.CANCELLED, f"Cancelled after {bulk.done:,} of {bulk.total:,} rows.")
        if not Member.objects.filter(base__tables=bulk.table_id, user=bulk.user_id, role__gte=Role.EDITOR).exists():
            return _end(bulk, State.FAILED, "Stopped: whoever started it may not change this table any more.")
        bulk.started_at = bulk.started_at or timezone.now()
        bulk.state, bulk.resumes, bulk.alive_at = State.RUNNING, 0, timezone.now()
        try:
            with timezone.override(ZoneInfo(bulk.params["zone"])):  # times are read and shown as for the person
                rows = _write(bulk)
        except (Gone, TooMany) as refused:
            return _end(bulk, State.FAILED, str(refused))
        bulk.done = min(bulk.total, bulk.done + rows)
        more = bool(rows) and (bulk.done < bulk.total or bulk.action in ("undo", "redo"))
        if not more:
            return _end(bulk, State.DONE, "")
        bulk.save(update_fields=["state", "done", "versions", "started_at", "alive_at", "resumes"])
    return True


def _end(bulk: Bulk, state: State, error: str) -> bool:
    bulk.state, bulk.error, bulk.finished_at, bulk.ids = state, error, timezone.now(), b""
    bulk.save()
    PastedRows.objects.filter(bulk=bulk).delete()
    return False


def _write(bulk: Bulk) -> int:
    """One write; for how many of its rows. 0: there was nothing more to do. Raises Gone."""
    if bulk.action in ("undo", "redo"):
        return _write_back(bulk)
    batch = _batch(bulk)
    if batch.rows:
        with write(bulk.table_id, bulk.user, bulk.action) as current:
            _name(current, bulk)
            WRITES[bulk.action](current, bulk, batch)
            current.is_void = not (current.rows or current.columns_changed)
        if not current.is_void:
            bulk.versions.append(current.version)
        _report(bulk, batch.report)
    return batch.rows


def _report(bulk: Bulk, report: Report) -> None:
    """Keep what could not be done."""
    if report.count:
        bulk.misfits += report.count
        bulk.problems = [*bulk.problems, *report.problems][:MOST_LISTED]
        bulk.save(update_fields=["misfits", "problems"])


def _name(current: Write, bulk: Bulk) -> None:
    """Say in the Change what it belongs to; history shows the first of them for all."""
    current.detail["bulk"] = bulk.pk
    if "token" in bulk.params:
        current.detail["token"] = bulk.params["token"]
    if bulk.versions:
        current.detail["part"] = True


def _write_back(bulk: Bulk) -> int:
    """Take back the newest of another Bulk's changes that stands."""
    of = Bulk.objects.only("versions").get(pk=bulk.params["of"])
    changes = Change.objects.filter(table=bulk.table_id, version__in=of.versions, undone_by=None)
    last = changes.order_by("-version").first()
    if last is None:
        return 0
    with write(bulk.table_id, bulk.user, bulk.action) as current:
        blocked, sentences = take_back_change(current, last)
        current.undoes = last.version
        current.detail["of"] = last.detail.get("of", last.action)
        _name(current, bulk)
        Change.objects.filter(table=bulk.table_id, version=last.version).update(undone_by=current.version)
    bulk.versions.append(current.version)
    if blocked.all or sentences:
        left = bulk.params.get("left", 0) + len(blocked.all)
        told = bulk.params.get("sentences", [])
        bulk.params = {**bulk.params, "left": left, "sentences": [*told, *(each for each in sentences if each not in told)]}
        bulk.save(update_fields=["params"])
    return int(last.rows) or 1


# --- Its life ------------------------------------------------------------------------------------------------------------


def cancel(bulk: Bulk) -> None:
    """Ask it to stop; what it has done stays, and can be undone."""
    Bulk.objects.filter(pk=bulk.pk, state__in=OPEN).update(cancel_asked=True)


def forget_pasted() -> None:
    """What was kept to be pasted goes when nobody will paste it: its action was given up."""
    PastedRows.objects.exclude(bulk__state__in=OPEN).delete()


def quiet() -> list[int]:
    """Those that no process works on, to be sent again; one that was lost too often ends."""
    since = timezone.now() - timedelta(seconds=QUIET_SECONDS)
    found = []
    for bulk in Bulk.objects.filter(state__in=OPEN, alive_at__lt=since).exclude(action=RUN_AI).light():
        with _alone(bulk.pk) as mine:
            if not mine:
                continue
            if bulk.resumes >= MOST_RESUMES:
                error = f"Stopped after {bulk.done:,} of {bulk.total:,} rows: its process ended {MOST_RESUMES + 1} times."
                Bulk.objects.filter(pk=bulk.pk).update(state=State.FAILED, error=error, finished_at=timezone.now())
                continue
            Bulk.objects.filter(pk=bulk.pk).update(resumes=bulk.resumes + 1, alive_at=timezone.now())
            found.append(bulk.pk)
    return found
