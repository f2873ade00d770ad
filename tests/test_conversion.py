"""Changing a column's kind: what values become, what does not fit and stays, and that undo gives back the very same table."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tables import edits, schema
from tables.columns import KINDS, BadOptions
from tables.conversion import preview as conversion_preview
from tables.conversion.change import change_kind
from tables.conversion.preview import preview
from tables.conversion.values import Form, convert
from tables.models import Change, RowChange
from tables.schema import BadSchema
from tables.undo import redo, undo
from tables.writes import Gone
from tests.converting import COLOURS, column_of, one_column, whole
from tests.make import cells, make_table, make_user

MONEY = {"symbol": "€", "decimals": 2, "thousands": True}
US, EU = {"format": "us"}, {"format": "eu"}


def become(value: Any, old: str, new: str, old_options: Any = None, new_options: Any = None) -> Any:
    """What a value becomes; an Ellipsis where it does not fit, and then it is as it was."""
    forms = [Form(kind, KINDS[kind].options(options or {})) for kind, options in ((old, old_options), (new, new_options))]
    after = convert(value, *forms)
    if not after.reason:
        return after.value
    assert after.value is value
    return ...


@pytest.mark.parametrize(
    ("old", "value", "new", "wanted"),
    [
        ("text", "1,234.5", "number", 1234.5),
        ("text", " 12 ", "number", 12),
        ("text", "twelve", "number", ...),
        ("text", "$5", "currency", 5),
        ("text", "12%", "percent", 0.12),
        ("text", "3 of 5", "rating", 3),
        ("text", "9", "rating", ...),
        ("text", "2026-12-31", "date", "2026-12-31"),
        ("text", "31.12.2026", "date", "2026-12-31"),
        ("text", "31 Dec 2026", "date", "2026-12-31"),
        ("text", "December 31, 2026", "date", "2026-12-31"),
        ("text", "31/12/2026", "date", "2026-12-31"),
        ("text", "3/4/2026", "date", ...),
        ("text", "Yes", "checkbox", True),
        ("text", "no", "checkbox", None),
        ("text", "1", "checkbox", True),
        ("text", "0", "checkbox", None),
        ("text", "FALSE", "checkbox", None),
        ("text", "perhaps", "checkbox", ...),
        ("text", "two\nlines", "long_text", "two\nlines"),
        ("text", "example.com", "url", "https://example.com"),
        ("text", "ann@example.com", "email", "ann@example.com"),
        ("text", "Ann", "email", ...),
        ("text", "+1 202 555 0143", "phone", "+1 202 555 0143"),
        ("text", "   ", "number", None),
        ("number", 1234.5, "text", "1234.5"),
        ("number", 0.5, "percent", 0.5),
        ("number", 12, "currency", 12),
        ("number", 4, "rating", 4),
        ("number", 4.5, "rating", ...),
        ("number", 0, "rating", None),
        ("number", 1, "checkbox", True),
        ("number", 2, "checkbox", ...),
        ("number", "junk", "text", "junk"),
        ("number", "$5", "currency", 5),
        ("percent", 0.12, "text", "12%"),
        ("percent", 0.12, "number", 0.12),
        ("percent", 3, "rating", 3),
        ("rating", 3, "number", 3),
        ("checkbox", True, "text", "true"),
        ("checkbox", True, "number", 1),
        ("checkbox", False, "text", "false"),
        ("date", "2026-12-31", "number", ...),
        ("email", "ann@example.com", "url", ...),
        ("phone", "+1 202 555 0143", "text", "+1 202 555 0143"),
        ("text", ["a", "b"], "text", "a, b"),
    ],
)
def test_a_value_becomes_what_its_text_says_or_stays(old: str, value: Any, new: str, wanted: Any) -> None:
    found = become(value, old, new)
    assert found == wanted and type(found) is type(wanted)


def test_an_amount_is_the_same_number_whatever_it_is_shown_as() -> None:
    assert become(1234.567, "currency", "text", MONEY) == "1234.567"
    assert become("€1,234.567", "text", "currency", None, MONEY) == 1234.567
    assert become(1234.567, "currency", "number", MONEY) == 1234.567


def test_days_are_never_read_in_the_other_format() -> None:
    assert become("2026-04-03", "date", "text", US) == "04/03/2026"
    assert become("04/03/2026", "text", "date", None, US) == "2026-04-03"
    assert become("04/03/2026", "text", "date", None, EU) == "2026-03-04"
    assert become("2026-04-03", "date", "datetime", US, EU) == "2026-04-03T00:00:00Z"


def test_days_and_moments_are_those_of_the_persons_time_zone() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert become("2026-07-14T22:30:00Z", "datetime", "date") == "2026-07-15"
        assert become("2026-07-15", "date", "datetime") == "2026-07-14T22:00:00Z"
        assert become("15.07.2026 8:30", "text", "datetime") == "2026-07-15T06:30:00Z"
        assert become("2026-07-15T06:30:00Z", "datetime", "text", EU) == "15.07.2026 08:30"
    with timezone.override(ZoneInfo("Pacific/Auckland")):
        assert become("9999-12-31T23:59:59Z", "datetime", "date") is ...


def test_choices_keep_their_ids_and_are_read_by_their_names() -> None:
    assert become("r", "select", "multi_select", COLOURS, COLOURS) == ["r"]
    assert become(["b"], "multi_select", "select", COLOURS, COLOURS) == "b"
    assert become(["r", "b"], "multi_select", "select", COLOURS, COLOURS) is ...
    assert become(["r", "b"], "multi_select", "text", COLOURS) == 'Red, "Blue, dark"'
    assert become('red, "blue,  dark"', "text", "multi_select", None, COLOURS) == ["r", "b"]
    assert become("RED", "text", "select", None, COLOURS) == "r"
    assert become("green", "text", "select", None, COLOURS) is ...
    assert become("b", "select", "text", COLOURS) == "Blue, dark"
    renamed = {"options": [{"id": "r", "name": "Rot", "color": "red"}]}
    assert become("r", "select", "multi_select", COLOURS, renamed) == ["r"]
    assert become("b", "select", "multi_select", COLOURS, renamed) is ...


# --- Tables --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_fits_is_converted_and_what_does_not_stays_until_undo() -> None:
    table, alice = one_column("text", ["12", "1,5", "junk", None, " ", "7"]), make_user("alice")
    before, version = whole(table), table.version
    column, large = change_kind(table, alice, 1, "number", {"decimals": "2"})
    assert (column.kind, column.options, large) == ("number", {"decimals": 2, "thousands": False}, None)
    assert [row[0] for row in cells(table)] == [12, "1,5", "junk", None, None, 7]
    change = Change.objects.get(table=table, version=version + 1)
    assert (change.action, change.rows) == ("change kind", 3)
    assert list(RowChange.objects.filter(table=table, version=change.version).values_list("row_id", flat=True)) == [1, 5, 6]
    after = whole(table)
    assert undo(table, alice).text == "Kind of the column changed back (3 rows)."
    assert whole(table) == before
    assert redo(table, alice).text == "Kind of the column changed again (3 rows)."
    assert whole(table) == after
    undo(table, alice)
    assert whole(table) == before


@pytest.mark.django_db
def test_a_change_that_touches_no_value_writes_no_row() -> None:
    table = one_column("number", [1, 2.5, "junk", "$7"])
    change_kind(table, make_user("alice"), 1, "currency", {})
    assert [row[0] for row in cells(table)] == [1, 2.5, "junk", 7]
    assert Change.objects.get(table=table, version=table.version).rows == 1
    table = one_column("email", ["a@b.de", 5])
    change_kind(table, make_user("alice"), 1, "text", {})
    assert [row[0] for row in cells(table)] == ["a@b.de", "5"]
    assert Change.objects.get(table=table, version=table.version).rows == 1


@pytest.mark.django_db
def test_what_cannot_be_another_kind_is_refused_with_a_sentence() -> None:
    table, alice = make_table(columns=[("Name", "text", {}), ("No", "auto_number", {})]), make_user("alice")
    for key, kind, says in (
        (1, "auto_number", "“Auto number” column fills itself|kind “Auto number” fills itself"),
        (2, "text", "fills itself"),
        (1, "created_time", "fills itself"),
        (1, "text", "already"),
        (1, "colour", "no kind of column"),
    ):
        with pytest.raises(BadSchema, match=says):
            change_kind(table, alice, key, kind, {})
    with pytest.raises(BadOptions, match="from 1 to 10"):
        change_kind(table, alice, 1, "rating", {"max": 99})
    schema.delete_column(table, alice, 1)
    with pytest.raises(Gone):
        change_kind(table, alice, 1, "number", {})


@pytest.mark.django_db
def test_somebody_elses_later_value_stays_in_the_form_of_the_kind_that_comes_back() -> None:
    table, alice, bob = one_column("text", ["Red", "Blue, dark", None, "junk"]), make_user("alice"), make_user("bob")
    change_kind(table, alice, 1, "select", COLOURS)
    edits.set_cell(table, bob, 1, 1, "Blue, dark", 2**40)
    edits.set_cell(table, bob, 3, 1, "red", 2**40)
    edits.add_rows(table, bob, [{"1": "b"}])
    assert [row[0] for row in cells(table)] == ["b", "b", "r", "junk", "b"]
    done = undo(table, alice)
    assert done.text == ("Kind of the column changed back (4 rows). Row 1 was left as it is: somebody else has changed it later.")
    assert column_of(table).kind == "text"
    assert [row[0] for row in cells(table)] == ["Blue, dark", "Blue, dark", "Red", "junk", "Blue, dark"]
    redo(table, alice)
    assert [row[0] for row in cells(table)] == ["b", "b", "r", "junk", "b"]


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["kind", "options", "delete"])
def test_a_column_that_somebody_else_has_changed_later_keeps_kind_and_cells(what: str) -> None:
    table, alice, bob = one_column("text", ["12", "junk"]), make_user("alice"), make_user("bob")
    change_kind(table, alice, 1, "number", {})
    if what == "kind":
        change_kind(table, bob, 1, "currency", {})
    elif what == "options":
        schema.update_column(table, bob, 1, options={"decimals": 1})
    else:
        schema.delete_column(table, bob, 1)
    before = whole(table)
    assert "keeps its kind: somebody else has changed it later" in undo(table, alice).text
    assert whole(table) == before
    undo(table, bob)
    assert column_of(table).kind == "number"


@pytest.mark.django_db
def test_a_new_name_and_another_column_are_in_nobodys_way() -> None:
    table, alice, bob = one_column("text", ["12", "junk"]), make_user("alice"), make_user("bob")
    change_kind(table, alice, 1, "number", {})
    schema.update_column(table, bob, 1, name="How many")
    edits.set_cell(table, bob, 1, 2, "Bob's", 2**40)
    assert undo(table, alice).text == "Kind of the column changed back."
    assert column_of(table).name == "How many" and cells(table) == [["12", "Bob's"], ["junk", "n"]]


@pytest.mark.django_db
def test_options_are_made_from_the_values() -> None:
    table, alice = one_column("text", ["Red", "red ", "Green", "Blue, dark", "x" * 101, "Green"]), make_user("alice")
    column, _ = change_kind(table, alice, 1, "select", COLOURS, create=True)
    assert [choice["name"] for choice in column.options["options"]] == ["Red", "Blue, dark", "Green"]
    assert [choice["id"] for choice in column.options["options"]][:2] == ["r", "b"]
    green = column.options["options"][2]["id"]
    assert [row[0] for row in cells(table)] == ["r", "r", green, "b", "x" * 101, green]
    undo(table, alice)
    column, _ = change_kind(table, alice, 1, "multi_select", {"options": []}, create=True)
    assert sorted(choice["name"] for choice in column.options["options"]) == ["Blue", "Green", "Red", "dark"]


@pytest.mark.django_db
def test_more_values_than_a_select_has_options_are_a_sentence() -> None:
    table = one_column("number", list(range(1_001)))
    form = Form("select", {"options": []})
    for do in (
        lambda: change_kind(table, make_user("alice"), 1, "select", {"options": []}, create=True),
        lambda: preview(table, column_of(table), form, create=True),
    ):
        with pytest.raises(BadOptions, match="more than 1,000 different values; a select has at most 1,000 options"):
            do()
    assert column_of(table).kind == "number"


# --- The preview ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_preview_tells_what_the_change_does() -> None:
    table = one_column("text", ["12", "12", "junk", "junk", "1,5", None, " ", "7"])
    shown = preview(table, column_of(table), Form("number", KINDS["number"].options({"decimals": "1"})))
    assert (shown.filled, shown.converted, shown.left, shown.emptied, shown.exact) == (7, 4, 3, 1, True)
    assert [(each.text, each.cells) for each in shown.misfits] == [("junk", 2), ("1,5", 1)]
    assert "“junk” is not a number" in shown.misfits[0].reason
    assert [tuple(each) for each in shown.examples] == [("12", "12.0"), (" ", ""), ("7", "7.0")]


@pytest.mark.django_db
def test_a_large_table_is_counted_by_value_or_told_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion_preview, "SMALL", 100)
    monkeypatch.setattr(conversion_preview, "SAMPLE", 500)
    few = one_column("text", [("12", "junk", None)[n % 3] for n in range(2_000)])
    shown = preview(few, column_of(few), Form("number", {}))
    assert (shown.filled, shown.left, shown.exact) == (1_334, 667, True)
    many = one_column("text", [f"{n}{'' if n % 4 else 'x'}" for n in range(2_000)])
    shown = preview(many, column_of(many), Form("number", {}))
    assert not shown.exact and shown.filled == 2_000 and 300 < shown.left < 700
    monkeypatch.setattr(conversion_preview, "MOST_DIFFERENT", 1)
    assert not preview(few, column_of(few), Form("number", {})).exact
