"""What operators take: how a value is read from JSON and from a form's texts, and how it is shown.

A form draws an editor by `Takes.key` and fills it with `texts`; what comes back is read by `parse`. `read` looks at a
value as it stands in a saved filter or a link. Both give the value in its one form and raise BadValue with a sentence.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from tables.columns.base import BadValue, Value, checked_text, plain, quoted
from tables.columns.number import read_number, show_exact
from tables.columns.select import choice_id, lookup
from tables.query.operators.base import Cell

MOST_LISTED = 1_000  # items of a list
SHOWN_LISTED = 3  # ... of which a sentence names so many
MOST_COUNT = 9_999  # of days, weeks or months: 833 years
UNITS = ("days", "weeks", "months")
_LARGEST = 10**309  # no cell holds a larger number; infinity and what is not a number are not between its two signs


class Takes:
    """What one group of operators takes; without anything else said, nothing."""

    key: ClassVar[str] = "nothing"
    fields: ClassVar[int] = 0  # how many texts a form sends; -1 is any number

    def read(self, raw: Any, cell: Cell) -> Any:
        """A value from a filter's JSON."""
        return None

    def parse(self, texts: Sequence[str], cell: Cell) -> Any:
        """A value from what a person typed or picked in a form."""
        return None

    def texts(self, value: Any, cell: Cell) -> list[str]:
        """What a form's fields start with: parse(texts(v)) == v."""
        return []

    def shown(self, value: Any, cell: Cell) -> str:
        """The value within a sentence."""
        return ""


class OneText(Takes):
    key = "text"
    fields = 1

    def read(self, raw: Any, cell: Cell) -> str:
        if not isinstance(raw, str) or not raw:
            raise BadValue("A text to compare with is missing.")
        return checked_text(raw)

    def parse(self, texts: Sequence[str], cell: Cell) -> str:
        return self.read(_one(texts).replace("\r\n", "\n"), cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [value]

    def shown(self, value: Any, cell: Cell) -> str:
        return quoted(" ".join(value.split()))


class WholeText(OneText):
    """A whole cell's text: read as the column would store it (https:// before a bare domain), or else as it was typed."""

    key = "whole text"

    def parse(self, texts: Sequence[str], cell: Cell) -> str:
        typed = super().parse(texts, cell)
        try:
            stored = cell.kind.compared(typed, cell.options) if cell.kind else None
        except BadValue:
            return typed
        return stored if isinstance(stored, str) else typed


class Texts(Takes):
    key = "texts"
    fields = -1

    def read(self, raw: Any, cell: Cell) -> tuple[str, ...]:
        return tuple(WHOLE_TEXT.read(item, cell) for item in _listed(raw, "text"))

    def parse(self, texts: Sequence[str], cell: Cell) -> tuple[str, ...]:
        return self.read([WHOLE_TEXT.parse([text], cell) for text in texts if text], cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return list(value)

    def shown(self, value: Any, cell: Cell) -> str:
        return _few([WHOLE_TEXT.shown(item, cell) for item in value])


class Length(Takes):
    key = "length"
    fields = 1

    def read(self, raw: Any, cell: Cell) -> int:
        if type(raw) is not int or not 0 <= raw <= 1_000_000:
            raise BadValue("A length is a whole number from 0 to 1,000,000.")
        return raw

    def parse(self, texts: Sequence[str], cell: Cell) -> int:
        return self.read(_number(_one(texts)), cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [str(value)]

    def shown(self, value: Any, cell: Cell) -> str:
        return f"{value:,} characters"


class OneNumber(Takes):
    key = "number"
    fields = 1

    def read(self, raw: Any, cell: Cell) -> int | float:
        if (type(raw) is not int and type(raw) is not float) or not -_LARGEST < raw < _LARGEST:
            written = f"{quoted(raw)} is no number" if isinstance(raw, str) and raw else "A number to compare with is missing"
            raise BadValue(f"{written}.")
        return raw

    def parse(self, texts: Sequence[str], cell: Cell) -> int | float:
        text = _one(texts)
        return self.read(cell.kind.compared(text, cell.options) if cell.kind else _number(text), cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [cell.kind.edit_text(value, cell.options) if cell.kind else show_exact(value)]

    def shown(self, value: Any, cell: Cell) -> str:
        return cell.kind.text(value, cell.options) if cell.kind else show_exact(value)


class TwoNumbers(Takes):
    """Both ends of a range, in either order."""

    key = "two numbers"
    fields = 2

    def read(self, raw: Any, cell: Cell) -> tuple[Value, Value]:
        first, second = _pair(raw, "numbers")
        return NUMBER.read(first, cell), NUMBER.read(second, cell)

    def parse(self, texts: Sequence[str], cell: Cell) -> tuple[Value, Value]:
        first, second = _pair(texts, "numbers")
        return NUMBER.parse([first], cell), NUMBER.parse([second], cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [text for item in value for text in NUMBER.texts(item, cell)]

    def shown(self, value: Any, cell: Cell) -> str:
        return " and ".join(NUMBER.shown(item, cell) for item in value)


class OneChoice(Takes):
    key = "choice"
    fields = 1

    def read(self, raw: Any, cell: Cell) -> str:
        return CHOICES.read([raw], cell)[0]

    def parse(self, texts: Sequence[str], cell: Cell) -> str:
        return CHOICES.parse([_one(texts)], cell)[0]

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [value]

    def shown(self, value: Any, cell: Cell) -> str:
        return CHOICES.shown([value], cell)


class Choices(Takes):
    """Ids of a column's choices. Ids of choices that were deleted are dropped."""

    key = "choices"
    fields = -1

    def read(self, raw: Any, cell: Cell) -> tuple[str, ...]:
        items = _listed(raw, "choice")
        if not all(isinstance(item, str) and item for item in items):
            raise BadValue("A choice to compare with is missing.")
        names = lookup(cell.options).names
        living = tuple(item for item in items if item in names)
        if not living:
            raise BadValue("Its choice is no longer among the column's options.")
        return living

    def parse(self, texts: Sequence[str], cell: Cell) -> tuple[str, ...]:
        choices = lookup(cell.options)
        # A form sends ids, a person writes names.
        return self.read([text if text in choices.names else choice_id(text, choices) for text in texts if text], cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return list(value)

    def shown(self, value: Any, cell: Cell) -> str:
        names = lookup(cell.options).names
        return _few([names.get(item, "a deleted choice") for item in value])


class People(Takes):
    """Ids of people."""

    key = "people"
    fields = -1

    def read(self, raw: Any, cell: Cell) -> tuple[int, ...]:
        items = _listed(raw, "person")
        if not all(type(item) is int and 0 < item < 2**31 for item in items):
            raise BadValue("A person to compare with is missing.")
        return tuple(items)

    def parse(self, texts: Sequence[str], cell: Cell) -> tuple[int, ...]:
        return self.read([int(text) if text.isascii() and text.isdigit() and len(text) < 11 else text for text in texts], cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [str(item) for item in value]

    def shown(self, value: Any, cell: Cell) -> str:
        people = cell.people or {}
        return _few([people.get(item, "a former member" if people else f"member {item}") for item in value])


class Anything(Takes):
    """A stored value of whatever kind."""

    key = "anything"
    fields = 1

    def read(self, raw: Any, cell: Cell) -> Any:
        items = list(raw) if isinstance(raw, (list, tuple)) else [raw]
        for item in items:
            if isinstance(item, str):
                checked_text(item)
            elif type(item) is int or type(item) is float:
                NUMBER.read(item, cell)
            elif type(item) is not bool:
                raise BadValue("A value to compare with is missing.")
        return tuple(items) if isinstance(raw, (list, tuple)) else raw

    def parse(self, texts: Sequence[str], cell: Cell) -> str:
        return WHOLE_TEXT.parse(texts, cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [value if isinstance(value, str) else self._plain(value)]

    def shown(self, value: Any, cell: Cell) -> str:
        return quoted(" ".join(self._plain(value).split()))

    def _plain(self, value: Any) -> str:
        return plain(list(value) if isinstance(value, tuple) else value)


class Span(Takes):
    """A count of days, weeks or months: [7, "days"]."""

    key = "count and unit"
    fields = 2

    def read(self, raw: Any, cell: Cell) -> tuple[int, str]:
        count, unit = _pair(raw, "a count and a unit")
        if type(count) is not int or not 1 <= count <= MOST_COUNT:
            raise BadValue(f"The count must be a whole number from 1 to {MOST_COUNT:,}.")
        if unit not in UNITS:
            raise BadValue(f"{quoted(plain(unit))} is not one of: {', '.join(UNITS)}.")
        return count, unit

    def parse(self, texts: Sequence[str], cell: Cell) -> tuple[int, str]:
        count, unit = _pair(texts, "a count and a unit")
        return self.read([_number(count), unit.strip().lower()], cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [str(value[0]), value[1]]

    def shown(self, value: Any, cell: Cell) -> str:
        count, unit = value
        return f"{count:,} {unit}" if count != 1 else unit.removesuffix("s")


NOTHING, TEXT, WHOLE_TEXT, TEXTS, LENGTH = Takes(), OneText(), WholeText(), Texts(), Length()
NUMBER, TWO_NUMBERS, CHOICE, CHOICES = OneNumber(), TwoNumbers(), OneChoice(), Choices()
PEOPLE, ANYTHING, SPAN = People(), Anything(), Span()


def _one(texts: Sequence[str]) -> str:
    if len(texts) != 1:
        raise BadValue("One value to compare with is needed.")
    return texts[0]


def _pair(raw: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(raw, (list, tuple)) or len(raw) != 2:
        raise BadValue(f"Two {what} are needed." if what[:2] != "a " else f"{what.capitalize()} are needed.")
    return raw[0], raw[1]


def _listed(raw: Any, what: str) -> list[Any]:
    if not isinstance(raw, (list, tuple)) or not raw:
        raise BadValue(f"At least one {what} to compare with is needed.")
    if len(raw) > MOST_LISTED:
        raise BadValue(f"A list has at most {MOST_LISTED:,} items; this has {len(raw):,}.")
    return list(raw)


def _few(items: Sequence[str]) -> str:
    more = len(items) - SHOWN_LISTED
    return ", ".join(items[:SHOWN_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _number(text: str) -> int | float:
    if len(text) > 40:
        raise BadValue(f"{quoted(text)} is not a number.")
    return read_number(text)
