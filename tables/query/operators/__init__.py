"""What can be asked of a column, by the family of its kind: {family: {operator's key: operator}}."""

from tables.columns import Kind
from tables.query.operators import choice, dates, flag, number, row, text
from tables.query.operators.base import ROW, Calendar, Cell, Operator
from tables.query.operators.values import Takes

__all__ = ["OPERATORS", "ROW", "Calendar", "Cell", "Operator", "Takes", "operators_of"]

OPERATORS: dict[str, dict[str, Operator]] = {
    family: {operator.key: operator for operator in operators}
    for family, operators in {
        "text": text.OPERATORS,
        "number": number.OPERATORS,
        "date": dates.OPERATORS,
        "datetime": dates.OPERATORS,
        "choice": choice.SINGLE,
        "choices": choice.MULTI,
        "flag": flag.OPERATORS,
        ROW: row.OPERATORS,
    }.items()
}


def operators_of(kind: Kind | None) -> list[Operator]:
    """What a picker offers for a kind of column, or for the row itself (None)."""
    return [operator for operator in OPERATORS[kind.family if kind else ROW].values() if operator.offered]
