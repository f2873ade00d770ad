"""What AI costs: the ledger of a base, by day, column and model, and its budget of a month (UTC)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Sum

from ai import prices
from ai.models import BaseAi, Usage


class Paid(NamedTuple):
    """A call that was paid for."""

    model: str
    tokens_in: int
    tokens_out: int
    micros: int


def paid(model: str, tokens_in: int, tokens_out: int) -> Paid:
    """A call at the model's price."""
    return Paid(model, tokens_in, tokens_out, prices.charged(model, tokens_in, tokens_out))


def today() -> date:
    return datetime.now(UTC).date()


def note(base_id: int, column_id: int, column_name: str, calls: Iterable[Paid]) -> None:
    """Add calls to the ledger."""
    sums: dict[str, list[int]] = {}
    for paid in calls:
        entry = sums.setdefault(paid.model, [0, 0, 0, 0])
        for at, value in enumerate((1, paid.tokens_in, paid.tokens_out, paid.micros)):
            entry[at] += value
    with connection.cursor() as cursor:
        for model, (count, tokens_in, tokens_out, micros) in sorted(sums.items()):
            cursor.execute(
                """
                INSERT INTO ai_usage AS u
                    (base_id, column_id, column_name, day, model, calls, tokens_in, tokens_out, micros)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (base_id, day, column_id, model) DO UPDATE SET
                    calls = u.calls + excluded.calls, tokens_in = u.tokens_in + excluded.tokens_in,
                    tokens_out = u.tokens_out + excluded.tokens_out, micros = u.micros + excluded.micros,
                    column_name = excluded.column_name
                """,
                [base_id, column_id, column_name, today(), model, count, tokens_in, tokens_out, micros],
            )


def spent_this_month(base_id: int) -> int:
    """In micros."""
    first = today().replace(day=1)
    found: int | None = Usage.objects.filter(base_id=base_id, day__gte=first).aggregate(sum=Sum("micros"))["sum"]
    return found or 0


def left_this_month(base_id: int) -> int | None:
    """What is left of a base's budget, in micros, 0 at least; None where there is none."""
    budget = BaseAi.objects.filter(pk=base_id).values_list("budget_micros", flat=True).first()
    return None if budget is None else max(0, budget - spent_this_month(base_id))


def dollars(micros: int) -> str:
    """For people: $0.0004, $1.20, $1,234.00."""
    amount = micros / 1_000_000
    if 0 < amount < 0.01:
        return f"${amount:.4f}"
    return f"${amount:,.2f}"
