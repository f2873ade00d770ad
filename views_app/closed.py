"""Which groups of a view are closed, as a link and a saved view hold it: their names, or `all`, or `all,...` for all but some."""

import re
from dataclasses import dataclass

from tables.columns.base import quoted
from tables.query.definition import BadQuery

MOST_PATHS = 200  # 3,000 characters of a link; static/js/grid/closed.js has the same number
_ALL = "all"
_PATH = re.compile(r"[0-9a-f]{12}")  # of tables/query/groups.py


@dataclass(frozen=True)
class Closed:
    """The groups of these paths are closed, or, with `is_all`, all others. A path whose group is gone says nothing."""

    is_all: bool = False
    paths: tuple[str, ...] = ()  # sorted


NONE_CLOSED = Closed()


def read_closed(text: str) -> Closed:
    """Raises BadQuery with a sentence."""
    found = set(filter(None, text.split(",", MOST_PATHS + 2)))
    paths = found - {_ALL}
    if len(paths) > MOST_PATHS:
        raise BadQuery(f"A link holds at most {MOST_PATHS} groups that are closed, or open among closed ones.")
    for path in sorted(paths):
        if not _PATH.fullmatch(path):
            raise BadQuery(f"{quoted(path)} is not the name of a group.")
    return Closed(_ALL in found, tuple(sorted(paths)))


def closed_text(closed: Closed) -> str:
    return ",".join([*([_ALL] if closed.is_all else []), *closed.paths])
