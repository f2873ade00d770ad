"""URL: a web or mail address, shown as a link."""

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tables.columns.base import BadValue, Kind, Options, checked_text, cut, misfit, quoted
from tables.columns.text import Text

if TYPE_CHECKING:
    from tables.samples import Batch

MOST_URL = 2_000  # characters: what every browser and server takes
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?=//)|mailto:", re.IGNORECASE)
_BARE_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?(?:[/?#].*)?")
# What a link may start with. Everything else (javascript:, data:, file:) is shown, never linked.
_LINKED = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f\x7f]+", re.IGNORECASE)
_HIDDEN = re.compile(r"https?://(?=[^/])|mailto:", re.IGNORECASE)
_FORM = "Write it like https://example.com/page."


def is_url(url: str) -> bool:
    """Whether this is a http, https or mailto address with somewhere to go to."""
    if len(url) > MOST_URL or not _LINKED.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        # The port is checked when it is read.
        return "@" in parts.path if parts.scheme == "mailto" else bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class Url(Text):
    key = "url"
    label = "URL"
    icon = "kind-url"
    group = "Contact"
    width = 220

    def parse(self, text: str, options: Options) -> str | None:
        url = checked_text(text).strip()
        if not url:
            return None
        if len(url) > MOST_URL:
            raise BadValue(f"{quoted(text)} has {len(url):,} characters: a URL has at most {MOST_URL:,}.")
        if not _SCHEME.match(url) and _BARE_DOMAIN.fullmatch(url):
            url = f"https://{url}"
        if not is_url(url):
            raise BadValue(f"{quoted(text)} is not a web address. {_FORM}")
        return url

    def html(self, value: Any, options: Options) -> str:
        if type(value) is not str or len(value) > MOST_URL or not _LINKED.fullmatch(value):
            return misfit(value, "This is not a web address")
        shown = cut(_HIDDEN.sub("", value, count=1))
        return f'<a href="{escape(value)}" rel="noopener noreferrer" target="_blank" tabindex="-1">{escape(shown)}</a>'

    def full_html(self, value: Any, options: Options) -> str:
        return self.html(value, options)

    htmls = Kind.htmls  # each cell by itself: a link is more than escaped text

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.urls
