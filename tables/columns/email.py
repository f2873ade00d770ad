"""E-mail: an address, shown as a link that starts a mail."""

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from psycopg import sql

from tables.columns.base import BadValue, Cell, Kind, Options, misfit, quoted
from tables.columns.text import Text
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

MOST_ADDRESS = 254  # characters, RFC 5321
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_SAFE = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")  # nothing to escape, in HTML or in a URL


class Email(Text):
    key = "email"
    label = "E-mail"
    icon = "kind-email"
    group = "Contact"
    width = 220

    def parse(self, text: str, options: Options) -> str | None:
        address = text.strip().removeprefix("mailto:")
        if not address:
            return None
        if len(address) > MOST_ADDRESS or not _ADDRESS.fullmatch(address):
            raise BadValue(f"{quoted(text)} is not an e-mail address. Write it like ann@example.com.")
        return address

    def html(self, value: Any, options: Options) -> str:
        if type(value) is not str or len(value) > MOST_ADDRESS:
            return misfit(value)
        if _SAFE.fullmatch(value):
            return f'<a href="mailto:{value}" rel="noopener noreferrer" target="_blank" tabindex="-1">{value}</a>'
        if not _ADDRESS.fullmatch(value):
            return misfit(value, "This is not an e-mail address")
        # A question mark in the address would begin the mail's own headers.
        href = escape(quote(value, safe="@"))
        return f'<a href="mailto:{href}" rel="noopener noreferrer" target="_blank" tabindex="-1">{escape(value)}</a>'

    def full_html(self, value: Any, options: Options) -> str:
        return self.html(value, options)

    htmls = Kind.htmls  # each cell by itself: a link is more than escaped text

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.emails

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        return None if " " in term else super().search_sql(cell, options, term, zone, folding)
