"""Money as people type it."""

from decimal import Decimal, InvalidOperation

MOST_DOLLARS = 100_000


class BadMoney(ValueError):
    """Not a sum of money that can be taken; the message is a sentence."""


def read_money(text: str) -> int | None:
    """Micro-dollars of “12”, “$1,200.50” or “0.25”; None for an empty text. Raises BadMoney."""
    digits = text.strip().removeprefix("$").replace(",", "").strip()
    if not digits:
        return None
    try:
        dollars = Decimal(digits) if len(digits) <= 20 and digits.isascii() else Decimal("NaN")
    except InvalidOperation:
        dollars = Decimal("NaN")
    if not dollars.is_finite() or not 0 <= dollars <= MOST_DOLLARS:
        raise BadMoney(f"A budget is a number of dollars from 0 to {MOST_DOLLARS:,}, like 2.50.")
    return int(dollars * 1_000_000)


def shown_money(micros: int | None) -> str:
    """For a field: 2.50; "" for None."""
    if micros is None:
        return ""
    dollars = Decimal(micros).scaleb(-6)
    return f"{dollars:.2f}" if dollars == round(dollars, 2) else f"{dollars.normalize():f}"
