"""What AI costs: the ledger of a base, by day (UTC), column and model."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Sum

from ai import calls
from ai.calls import Call
from ai.models import Usage


class Account(NamedTuple):
    """Whom calls are for, and whose key pays them. `column_id` is 0 before there is a column."""

    base_id: int
    column_id: int
    column_name: str
    own_key: bool
    is_auto: bool = False


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    return now().date()


def tomorrow() -> datetime:
    """When the next day begins."""
    return now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def note(account: Account, made: Sequence[Call]) -> None:
    """Count calls, and add what was paid for them to the ledger."""
    day = today()
    sums: dict[str, list[int]] = {}
    for call in made:
        if call.is_paid:
            entry = sums.setdefault(call.model, [0, 0, 0, 0])
            for at, value in enumerate((1, call.tokens_in, call.tokens_out, call.micros)):
                entry[at] += value
    with connection.cursor() as cursor:
        for model, numbers in sorted(sums.items()):
            cursor.execute(
                """
                INSERT INTO ai_usage AS u
                    (base_id, column_id, column_name, own_key, is_auto, day, model, calls, tokens_in, tokens_out, micros)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (base_id, day, column_id, model, own_key, is_auto) DO UPDATE SET
                    calls = u.calls + excluded.calls, tokens_in = u.tokens_in + excluded.tokens_in,
                    tokens_out = u.tokens_out + excluded.tokens_out, micros = u.micros + excluded.micros,
                    column_name = excluded.column_name
                """,
                [*account, day, model, *numbers],
            )
    calls.count(account.base_id, account.column_id, day, made)


def spent_this_month(base_id: int) -> int:
    """In micros."""
    first = today().replace(day=1)
    found: int | None = Usage.objects.filter(base_id=base_id, day__gte=first).aggregate(sum=Sum("micros"))["sum"]
    return found or 0


def spent_by_auto_run_today(base_id: int, column_id: int) -> int:
    """In micros."""
    found = Usage.objects.filter(base_id=base_id, day=today(), column_id=column_id, is_auto=True)
    spent: int | None = found.aggregate(sum=Sum("micros"))["sum"]
    return spent or 0


def dollars(micros: int) -> str:
    """For people: $0.0004, $1.20, $1,234.00."""
    amount = micros / 1_000_000
    if 0 < amount < 0.01:
        return f"${amount:.4f}"
    return f"${amount:,.2f}"
