"""Turn a file's cells into the JSON documents of rows, column by column.

What each kind's own parse() makes of a text is what comes out. The kinds that fill most files have a faster way to
the same here; everything else is parsed once for each different text of a batch.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from json.encoder import encode_basestring
from typing import Any, NoReturn

from django.utils import timezone

from ingest.forms import FORMS, MISSING, SKIPS_MISSING, Form
from ingest.readers.base import BadFile, Batch, shown
from tables.columns import kind_of
from tables.columns.base import BadValue

# Numbers exactly as JSON has them, or nothing: no zero at the end behind the point, no -0
# A double holds the 15 characters exactly
PLAIN_NUMBERS = re.compile(r"(?:(?=.{0,15}\n)(?:-?+(?:[1-9][0-9]*+(?:\.[0-9]*[1-9])?+|0\.[0-9]*[1-9])|0)?+\n)*+")
SPARE_ZEROS, SPARE_POINT = re.compile(r"(\.[0-9]*[1-9])0+\n"), re.compile(r"\.(?<=[0-9]\.)0*\n")
SAMPLE = 400  # values that tell whether it pays to read each different one once

TEXTS = frozenset({"text", "long_text"})
PLAIN_FORMS = {"email": "email", "date": "date iso"}  # forms that are stored as they are written


@dataclass(frozen=True)
class ImportColumn:
    """Where a file's column goes."""

    key: int
    name: str  # as the file calls it, for messages
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


def convert(batch: Batch, columns: Sequence[ImportColumn | None]) -> list[str]:
    """The rows of a batch as JSON texts; a column that is None is left out. Raises BadFile naming row and column.

    A date and time without a zone is taken as UTC.
    """
    pieces: list[Any] = []  # of all rows' documents: what all share by repeat(), what differs by a list
    sparse: list[list[str]] = []
    comma = "{"
    with timezone.override(UTC):
        for column, texts in zip(columns, batch.columns, strict=True):
            if column is None:
                continue
            values, quote = _json_texts(texts, column, batch.first_row)
            if "" in values:
                sparse.append([f',"{column.key}":{quote}{value}{quote}' if value else "" for value in values])
            else:
                pieces += [repeat(f'{comma}"{column.key}":{quote}'), values]
                comma = f"{quote},"
    if pieces:
        return list(map("".join, zip(*pieces, repeat(comma[:-1]), *sparse, repeat("}"), strict=False)))
    if not sparse:
        return ["{}"] * batch.rows
    return ["{" + "".join(parts)[1:] + "}" for parts in zip(*sparse, strict=True)]


def _json_texts(texts: Sequence[str], column: ImportColumn, first_row: int) -> tuple[Sequence[str], str]:
    """A column's values as JSON, an empty cell as "", and the quote to set around each."""
    if column.kind in TEXTS:
        return _strings(texts)
    if len(set(texts[:SAMPLE])) < min(SAMPLE, len(texts)) // 4:
        distinct = list(set(texts))
        known, quote = _read_all(distinct, column) or _refuse(texts, column, first_row)
        return list(map(dict(zip(distinct, known, strict=True)).__getitem__, texts)), quote
    return _read_all(texts, column) or _refuse(texts, column, first_row)


def _read_all(texts: Sequence[str], column: ImportColumn) -> tuple[Sequence[str], str] | None:
    """The same; None when some text does not fit the column."""
    joined = "\n".join(texts) + "\n"
    if column.kind in ("number", "currency"):
        symbol = column.options.get("symbol", "") if column.kind == "currency" else ""
        bare, bare_joined = _without_marks(texts, joined, symbol)
        if (numbers := _plain_numbers(bare, bare_joined)) is not None:
            return numbers, ""
    if column.kind in PLAIN_FORMS and joined.count("\n") == len(texts) and _fits(FORMS[PLAIN_FORMS[column.kind]], joined, texts):
        return texts, '"'
    read, distinct = _reader(column), set(texts)
    try:
        known = dict(zip(distinct, map(read, distinct), strict=True))
    except BadValue:
        return None
    return list(map(known.__getitem__, texts)), ""


def _strings(texts: Sequence[str]) -> tuple[Sequence[str], str]:
    joined = "".join(texts)
    if len(encode_basestring(joined)) == len(joined) + 2:
        return texts, '"'  # nothing to escape
    if "\r" in joined:
        texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    return [encode_basestring(text)[1:-1] for text in texts], '"'


def _fits(form: Form, joined: str, texts: Sequence[str]) -> bool:
    if not form.all.fullmatch(joined):
        return False
    if form.check:
        with suppress(ValueError):
            deque(map(form.check, texts), maxlen=0)
            return True
        return False
    return True


def _refuse(texts: Sequence[str], column: ImportColumn, first_row: int) -> NoReturn:
    read = _reader(column)
    for row, text in enumerate(texts, first_row):
        try:
            read(text)
        except BadValue as error:
            raise BadFile(f"Row {row:,}, column {shown(column.name)}: {shown(text)} does not fit. {error}") from None
    raise AssertionError("a text that did not fit now does")


def _without_marks(texts: Sequence[str], joined: str, symbol: str) -> tuple[Sequence[str], str]:
    """$2,736.24 as 2736.24, in all texts at once: one by one would take 14 us each. What is not written so stays as it is."""
    if "," not in joined and (not symbol or symbol not in joined):
        return texts, joined
    if not _marked(symbol).fullmatch(joined) or joined.count("\n") != len(texts):
        return texts, joined
    joined = joined.replace(",", "")
    joined = joined.replace(symbol, "") if symbol else joined
    return joined[:-1].split("\n"), joined


@lru_cache
def _marked(symbol: str) -> re.Pattern[str]:
    """Lines that are empty or a number with its currency's symbol before it and commas between thousands, both optional."""
    return re.compile(rf"(?:(?:-?(?:{re.escape(symbol)})?(?:[0-9]{{1,3}}(?:,[0-9]{{3}})++|[0-9]++)(?:\.[0-9]++)?)?\n)*+")


def _plain_numbers(texts: Sequence[str], joined: str) -> Sequence[str] | None:
    """The numbers as they stand, less zeros at the end behind a point, if all are such that they can."""
    if "N" in joined or "n" in joined:
        texts = ["" if text in MISSING else text for text in texts]
        joined = "\n".join(texts) + "\n"
    if not PLAIN_NUMBERS.fullmatch(joined):
        joined = SPARE_POINT.sub("\n", SPARE_ZEROS.sub(r"\1\n", joined))
        texts = joined[:-1].split("\n")
    return texts if PLAIN_NUMBERS.fullmatch(joined) and joined.count("\n") == len(texts) else None


def _reader(column: ImportColumn) -> Callable[[str], str]:
    """How one text of a column becomes JSON. The function raises BadValue."""
    parse, options = kind_of(column.kind).parse, column.options
    skips_missing = column.kind in SKIPS_MISSING
    iso = FORMS["datetime iso"].one if column.kind == "datetime" else None

    def read(text: str) -> str:
        if skips_missing and text.strip() in MISSING:
            return ""
        if iso and iso.fullmatch(text):
            with suppress(ValueError, OverflowError):  # parse() says what is wrong
                return _utc_json(datetime.fromisoformat(text))
        value = parse(text, options)
        return "" if value is None else json.dumps(value, ensure_ascii=False)

    return read


def _utc_json(moment: datetime) -> str:
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return f'"{moment.isoformat()}Z"'
