"""Laws of changing a column's kind, for any value: it converts or stays and says why, and undo gives all of it back."""

import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tables.columns import KINDS
from tables.conversion.cells import candidates
from tables.conversion.change import change_kind
from tables.conversion.values import Converter, Form, convert
from tables.models import Table
from tables.undo import redo, undo
from tests.converting import one_column, whole
from tests.make import make_user
from tests.test_kinds import MISFITS, VALUES, options_of

KINDS_WRITTEN = [kind.key for kind in KINDS.values() if kind.writable]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Form, Form]:
    old, new = draw(st.sampled_from(KINDS_WRITTEN)), draw(st.sampled_from(KINDS_WRITTEN))
    return Form(old, draw(options_of(old))), Form(new, draw(options_of(new)))


def values_of(kind: str) -> st.SearchStrategy[Any]:
    return VALUES[kind] | st.sampled_from(MISFITS) | st.sampled_from(["12", "1.50", "yes", "2026-01-02", "New", "a@b.de"])


@given(st.data())
def test_every_value_of_every_kind_converts_or_stays_and_says_why(data: st.DataObject) -> None:
    old, new = data.draw(pairs())
    value = data.draw(values_of(old.kind))
    after = convert(value, old, new)
    if after.reason:
        assert after.value is value
    elif after.value is not None:
        # What it becomes fits: it can be edited and is the same then.
        converter = Converter(old, new)
        assert converter.fits(json.dumps(after.value)) or value == after.value
        assert '"bad"' not in KINDS[new.kind].html(after.value, new.options) or value == after.value


@given(st.data())
def test_text_and_back_is_the_same_value(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS_WRITTEN))
    form = Form(kind, data.draw(options_of(kind)))
    value = data.draw(VALUES[kind])
    if kind == "rating":
        value = min(value, form.options["max"])
    text = convert(value, form, Form("text", {}))
    assert text.reason == ""
    back = convert(text.value, Form("text", {}), form)
    # A choice's name, and a day in a format that says which number is the month, are told apart; the rest is exact.
    assert back.value == value or back.reason


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_undo_of_any_change_of_kind_gives_the_very_same_table(data: st.DataObject) -> None:
    old, new = data.draw(pairs().filter(lambda forms: forms[0].kind != forms[1].kind))
    table = one_column(old.kind, data.draw(st.lists(st.none() | values_of(old.kind), max_size=6)), dict(old.options))
    alice, before = make_user("alice"), whole(table)
    may_change = may_change_in(table, Converter(old, new))
    change_kind(table, alice, 1, new.kind, new.options, create="select" in new.kind and data.draw(st.booleans()))
    after = whole(table)
    differs = {number for number, (one, two) in enumerate(zip(before[1], after[1], strict=True), 1) if repr(one) != repr(two)}
    assert differs <= may_change
    undo(table, alice)
    assert repr(whole(table)) == repr(before)
    redo(table, alice)
    assert repr(whole(table)) == repr(after)
    undo(table, alice)
    assert repr(whole(table)) == repr(before)


def may_change_in(table: Table, converter: Converter) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT id {}").format(candidates(table.pk, 1, converter)))
        return {row_id for (row_id,) in cursor}
