"""Texts compared as people do: `rowan_fold` without case, `rowan_plain` without case and accents.

A search takes one of the two foldings: PLAIN, or ACCENTED where a person wants accents to count.

Functions of PostgreSQL, because what is indexed and what is asked for must be folded by the same hand. Which of its
case tables is used depends on the server (see `statements`); Python asks the server too (`plain`), so both agree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import LiteralString

from django.db import connection
from psycopg import sql

# To be raised whenever a statement below changes: what was folded before and is kept (tables/projections.py) is made anew.
VERSION = 1
# Every string of a row's document, those in lists too, without its keys and numbers: as a JSON list.
_STRINGS = """jsonb_path_query_array($1, '$.* ? (@.type() == "string")')::text"""


def statements(version: int, collations: set[str]) -> list[str]:
    """The functions for a server: its version as 180006, and the names of its collations."""
    fold = _fold(version, collations)
    return [
        f"""
        CREATE OR REPLACE FUNCTION rowan_fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN {fold.format("$1")} COLLATE "C"
        """,
        f"""
        CREATE OR REPLACE FUNCTION rowan_plain_other(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
        DECLARE
            t text := $1;
            {_OTHERS}
        BEGIN
            {_plain_block(fold)}
            RETURN t;
        END
        $body$
        """,
        # Most cells are ASCII, where lower() is all there is to do. Written so that PostgreSQL puts it in the place of the
        # call: over a million cells 0.3 s, where a call of PL/pgSQL takes 0.9 s.
        """
        CREATE OR REPLACE FUNCTION rowan_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
        CASE WHEN octet_length($1) = length($1) THEN lower($1 COLLATE "C") ELSE rowan_plain_other($1) END COLLATE "C"
        """,
    ]


def document_statement(version: int, collations: set[str]) -> str:
    """`rowan_document(jsonb)`: all that is text in a row, plain, as the search index holds it (tables/indexes.py).

    A body of its own: in the place of a call, as rowan_plain is, the list would be made three times. And an index is built
    with an empty search path, so it calls no function of ours.
    """
    return f"""
        CREATE OR REPLACE FUNCTION rowan_document(jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
        DECLARE
            t text := {_STRINGS};
            {_OTHERS}
        BEGIN
            IF octet_length(t) = length(t) THEN
                RETURN lower(t COLLATE "C");
            END IF;
            {_plain_block(_fold(version, collations))}
            RETURN t;
        END
        $body$
        """


def _fold(version: int, collations: set[str]) -> str:
    """The best case table of a server, around "{}"."""
    if version >= 180000 and "pg_unicode_fast" in collations:
        return 'casefold({} COLLATE "pg_unicode_fast")'  # Unicode's full case folding: ß is ss
    # Since 17 Unicode without a library; ICU; what the database's own locale knows.
    table = next((name for name in ("pg_c_utf8", "und-x-icu") if name in collations), "default")
    return f"replace(lower({{}} COLLATE \"{table}\"), 'ß', 'ss')"


_OTHERS = """others text;
            one text;"""


def _plain_block(fold: str) -> str:
    """PL/pgSQL that makes `t`, which is not all ASCII, plain.

    Accents are parted from their letters (NFKD) and dropped; letters that Unicode does not take apart are named. That takes
    0.1 us a character, so where only a few characters are not ASCII, only those are looked at: 6 us instead of 15 for
    the strings of a row of 200 characters with two accents.
    """
    # From [ to ] in the ranges: all of ASCII but NUL; the block of combining marks.
    plain = fold.format(r"regexp_replace(normalize({}, NFKD), '[\u0300-\u036F]+', '', 'g')")
    plain = f"""translate({plain} COLLATE "C", 'øłđħıς', 'oldhiσ')"""
    return rf"""others := regexp_replace(t, '[\u0001-\u007f]+', '', 'g');
            IF length(others) > 12 THEN
                RETURN {plain.format("t")};
            END IF;
            t := lower(t COLLATE "C");
            WHILE others <> '' LOOP
                one := left(others, 1);
                t := replace(t, one, {plain.format("one")});
                others := replace(others, one, '');
            END LOOP;"""


_MARKS = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def unmarked(text: str) -> str:
    """A text as a part of a pattern of LIKE in which each of its characters means itself. To be folded before or after."""
    return text.translate(_MARKS)


# An accent that stands behind its letter is the same as one that is a part of it.
_ACCENTED: LiteralString = "rowan_fold(normalize({}, NFC))"


def plain(text: str) -> str:
    """A text as `rowan_plain` makes it: what a search looks for."""
    return text.lower() if text.isascii() else _folded("rowan_plain({})", text)


def accented(text: str) -> str:
    """The same with its accents."""
    return text.lower() if text.isascii() else _folded(_ACCENTED, text)


@lru_cache(maxsize=1_000)
def _folded(function: LiteralString, text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT " + function).format(sql.Literal(text)))
        folded: str = cursor.fetchone()[0]
    return folded


@dataclass(frozen=True, slots=True)
class Folding:
    """How a search compares: what a text becomes here, and in the database, by the same hand."""

    text: Callable[[str], str]
    function: LiteralString

    def in_sql(self, text: sql.Composable) -> sql.Composable:
        return sql.SQL(self.function).format(text)


PLAIN = Folding(plain, "rowan_plain({})")
ACCENTED = Folding(accented, _ACCENTED)
