"""Phone: a number to call, kept as it was written."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tables.columns.base import BadValue, Kind, Options, misfit, quoted
from tables.columns.text import Text

if TYPE_CHECKING:
    from tables.samples import Batch

MOST_PHONE = 64  # characters
_PHONE = re.compile(
    r"(?=(?:\D*\d){3})[+0-9(][0-9 ()./\u00a0\u2011-]{1,30}(?:\s*(?:x|ext\.?|#)\s*\d{1,8})?", re.ASCII | re.IGNORECASE
)
_EXTENSION = re.compile(r"\s*[x#e].*", re.IGNORECASE)
_NOT_DIALLED = str.maketrans("", "", " ()./-\u00a0\u2011")


class Phone(Text):
    key = "phone"
    label = "Phone"
    icon = "kind-phone"
    group = "Contact"
    width = 150

    def parse(self, text: str, options: Options) -> str | None:
        phone = text.strip()
        if not phone:
            return None
        if len(phone) > MOST_PHONE or not _PHONE.fullmatch(phone):
            raise BadValue(f"{quoted(text)} is not a phone number. Write it like +1 202 555 0143.")
        return phone

    def html(self, value: Any, options: Options) -> str:
        if type(value) is not str or len(value) > MOST_PHONE or not _PHONE.fullmatch(value):
            return misfit(value, "This is not a phone number")
        # What the pattern lets through needs no escaping, in HTML or in a URL.
        dialled = _EXTENSION.sub("", value).translate(_NOT_DIALLED)
        return f'<a href="tel:{dialled}" rel="noopener noreferrer" target="_blank" tabindex="-1">{value}</a>'

    def full_html(self, value: Any, options: Options) -> str:
        return self.html(value, options)

    htmls = Kind.htmls  # each cell by itself: a link is more than escaped text

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.phones()
