"""The column kinds, in the order of the kind picker."""

from tables.columns.auto_number import AutoNumber
from tables.columns.base import BadOptions, BadValue, Kind, Options, Value
from tables.columns.checkbox import Checkbox
from tables.columns.created_time import CreatedTime
from tables.columns.currency import Currency
from tables.columns.date import Date
from tables.columns.datetime import DateTime
from tables.columns.email import Email
from tables.columns.long_text import LongText
from tables.columns.modified_time import ModifiedTime
from tables.columns.multi_select import MultiSelect
from tables.columns.number import Number
from tables.columns.percent import Percent
from tables.columns.phone import Phone
from tables.columns.rating import Rating
from tables.columns.select import COLORS, Select
from tables.columns.text import Text
from tables.columns.url import Url

__all__ = ["COLORS", "KINDS", "BadOptions", "BadValue", "Kind", "Options", "Value", "kind_of"]

KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Text(),
        LongText(),
        Checkbox(),
        Number(),
        Currency(),
        Percent(),
        Rating(),
        Date(),
        DateTime(),
        Select(),
        MultiSelect(),
        Email(),
        Url(),
        Phone(),
        AutoNumber(),
        CreatedTime(),
        ModifiedTime(),
    )
}


def kind_of(key: str) -> Kind:
    """The kind of this name. Raises BadOptions with a sentence."""
    try:
        return KINDS[key]
    except KeyError:
        raise BadOptions(f"There is no column kind “{key}”. The kinds are: {', '.join(KINDS)}.") from None
