"""Many people write the same rows at once: nothing that was accepted is lost, told twice, or out of order."""

import threading
from collections import Counter
from random import Random

import pytest
from django.db import connection

from tables import edits
from tables.columns import BadValue
from tables.models import Change, RowChange, Table
from tables.query import RowQuery
from tests.make import cells, client_of, make_table, make_user
from tests.test_order import blocks_are_exact

WRITERS, EDITS, ROWS = 8, 500, 20
Accepted = tuple[int, int, int, str]  # version, row, column, text


class Race:
    """Writers that edit cells with versions they have seen, stale now and then, and one reader that polls."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.ids = list(range(1, ROWS + 1))
        self.accepted: list[Accepted] = []
        self.conflicts = 0
        self.failures: list[BaseException] = []
        self.over = threading.Event()
        self.read: dict[int, dict[str, object]] = {}
        self.reader_version = table.version
        self.lock = threading.Lock()

    def write(self, number: int) -> None:
        random, user = Random(number), make_user(f"writer{number}")
        versions = dict.fromkeys(self.ids, self.table.version)
        for n in range(EDITS):
            row_id, key, value = random.choice(self.ids), random.choice((1, 2)), f"{number}.{n}"
            if random.random() < 0.8:  # else what this writer knew of the row a while ago
                found = RowQuery(self.table).row(row_id)
                versions[row_id] = found.version if found else 0
            try:
                version = edits.set_cell(self.table, user, row_id, key, value, versions[row_id])
            except edits.Conflict:
                with self.lock:
                    self.conflicts += 1
            else:
                with self.lock:
                    self.accepted.append((version, row_id, key, value))

    def poll(self) -> None:
        """What a browser does, but 20 times a second: asks what has changed since the version it knows, and reads those rows."""
        client = client_of("reader")
        while True:
            last = self.over.wait(0.05)
            answer = client.get(f"/t/{self.table.pk}/changes/?version={self.reader_version}")
            if answer.status_code == 200:
                changes = answer.json()
                ids = self.ids if changes["all"] else changes["ids"]
                for row in RowQuery(self.table).rows_of(ids):
                    self.read[row.id] = row.data
                self.reader_version = changes["version"]
            if last:
                return

    def run(self) -> None:
        writers = [threading.Thread(target=self._guarded, args=(lambda n=n: self.write(n),)) for n in range(WRITERS)]
        reader = threading.Thread(target=self._guarded, args=(self.poll,))
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        self.over.set()
        reader.join()
        assert self.failures == []

    def _guarded(self, do: object) -> None:
        try:
            do()  # type: ignore[operator]
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_4000_edits_by_8_people_none_is_lost() -> None:
    table = make_table(columns=[("A", "text", {}), ("B", "text", {})], rows=[["start", "start"]] * ROWS)
    table.base.members.create(user=make_user("reader"), role=table.base.members.get(user=make_user("vera")).role)
    first = table.version
    race = Race(table)
    race.run()

    assert len(race.accepted) + race.conflicts == WRITERS * EDITS
    assert race.conflicts > 0, "stale versions were refused now and then"
    changes = list(Change.objects.filter(table=table, version__gt=first).order_by("version").values_list("version", flat=True))
    assert changes == list(range(first + 1, first + 1 + len(race.accepted))), "versions have no gap"
    records = RowChange.objects.filter(table=table, version__gt=first).order_by("version")
    history = [(r.version, r.row_id, int(key), value) for r in records for key, value in (r.after or {}).items()]
    assert Counter(history) == Counter(race.accepted), "every accepted edit is in the history exactly once"

    last = {(row_id, key): value for _, row_id, key, value in sorted(race.accepted)}
    expected = [[last.get((row_id, key), "start") for key in (1, 2)] for row_id in race.ids]
    assert cells(table) == expected, "no accepted edit is lost"
    seen = [[race.read.get(row_id, {}).get(key, "start") for key in ("1", "2")] for row_id in race.ids]
    assert seen == expected, "a reader that polls ends with exactly the table"
    before = dict.fromkeys(((row_id, key) for row_id in race.ids for key in (1, 2)), "start")
    for record in records:
        for key, value in (record.after or {}).items():
            assert (record.before or {})[key] == before[record.row_id, int(key)], "each tells what it replaced"
            before[record.row_id, int(key)] = value


@pytest.mark.django_db(transaction=True)
def test_inserting_moving_deleting_and_undoing_at_once_keeps_the_order_whole() -> None:
    table = make_table(columns=[("A", "text", {})], rows=[[str(n)] for n in range(50)])
    failures: list[BaseException] = []

    def work(number: int) -> None:
        from tables.edits import picked_ids
        from tables.undo import redo, undo
        from tables.writes import Gone

        random, user = Random(number), make_user(f"writer{number}")
        try:
            for _ in range(40):
                table_now = Table.objects.get(pk=table.pk)
                ids = RowQuery(table_now).ids(0, 1_000) or [1]
                some, anchor = picked_ids(random.sample(ids, min(3, len(ids))), "picked"), random.choice(ids)
                step = random.randrange(6)
                try:
                    if step == 0:
                        edits.insert(table, user, [{"1": "new"}] * random.randint(1, 4), above=anchor)
                    elif step == 1:
                        edits.move_rows(table, user, some, below=anchor)
                    elif step == 2:
                        edits.delete_picked(table, user, some)
                    elif step == 3:
                        edits.duplicate_rows(table, user, some)
                    else:
                        (undo if step == 4 else redo)(table, user)
                except (Gone, BadValue, edits.Moved):
                    pass  # what others have done meanwhile
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    blocks_are_exact(table)
    table.refresh_from_db()
    ids = RowQuery(table).ids(0, 10**6)
    assert len(ids) == len(set(ids)) == table.row_count
    versions = list(Change.objects.filter(table=table).order_by("version").values_list("version", flat=True))
    assert versions == list(range(1, len(versions) + 1))
