"""The bench asks every operator of every family and sorts by every kind: none can be added that it does not measure."""

import json

import pytest

from benchmarks.operators import KINDS, LEADS, OTHERS, filters, sorts
from tables import columns, schema
from tables.query.operators import OPERATORS, ROW
from tests.make import make_base, make_table, make_user

pytestmark = pytest.mark.django_db


def test_every_operator_and_every_kind_is_measured() -> None:
    alice = make_user("alice")
    base = make_base(alice)
    leads = schema.create_from_starter(base, alice, "Leads", "leads", rows=0)
    others = make_table(base, columns=KINDS, rows=0, name="Kinds")
    families = {}
    for table, named in ((leads, LEADS), (others, OTHERS)):
        for family, name in named.items():
            families[table.pk, table.columns.get(name=name).key] = family
    asked = set()
    for view in filters(leads, others):
        key, operator, *_ = json.loads(view.parts["filter"])[1]
        asked.add((families[view.table, key] if key else ROW, operator))
    assert asked == {(family, each.key) for family, all_ in OPERATORS.items() for each in all_.values() if each.offered}
    kinds = {column.kind for table in (leads, others) for column in table.live_columns()}
    assert kinds == set(columns.KINDS)
    assert len(sorts(leads)) + len(sorts(others)) >= len(columns.KINDS)
