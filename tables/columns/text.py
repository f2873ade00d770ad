"""Text: a line of words."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from tables.columns.base import SHOWN_LIMIT, Kind, Options, checked_text, misfit

if TYPE_CHECKING:
    from tables.samples import Batch


class Text(Kind):
    key = "text"
    label = "Text"
    icon = "kind-text"

    def parse(self, text: str, options: Options) -> str | None:
        # Browsers send a textarea's line breaks as CRLF, files have any of three: one form, so equal texts are equal.
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return checked_text(text) or None

    def html(self, value: Any, options: Options) -> str:
        try:
            return escape(value) if len(value) <= SHOWN_LIMIT else escape(value[:SHOWN_LIMIT]) + "…"
        except (AttributeError, TypeError):
            return misfit(value)

    def htmls(self, values: Sequence[Any], options: Options) -> list[str]:
        # All texts are escaped at once: five replacements for the column instead of five for each cell. No stored text
        # holds a NUL, so it can stand between them.
        texts = ["" if value is None else value for value in values]
        try:
            if max(map(len, texts), default=0) <= SHOWN_LIMIT:
                found = escape("\0".join(texts)).split("\0")
                if len(found) == len(texts):
                    return found
        except TypeError:
            pass  # another kind's value is among them
        return super().htmls(values, options)

    def full_html(self, value: Any, options: Options) -> str:
        return escape(value) if isinstance(value, str) else misfit(value)

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.texts(name)
