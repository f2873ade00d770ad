"""What a person has cut and not pasted yet, where that is more rows than a page names: kept in Redis until they paste it.

Each person has one; another cut takes its place. Without Redis it is forgotten: what was cut can be pasted, and stays too.
"""

import secrets
import struct
from array import array
from collections.abc import Sequence

from bases.models import User
from tables.copying import refuse_copy
from tables.edits.paste import Cut
from tables.models import Table
from tables.query.cache import INSTALLATION, with_redis

KEPT_SECONDS = 3_600
_HEADER = struct.Struct(">16sqq")  # the token, the table, and its version when it was cut


def keep(table: Table, user: User, ids: Sequence[int]) -> str:
    """Keep these rows as cut at the table's version: 4 bytes each. The token by which the paste names them; "" without Redis."""
    token = secrets.token_hex(8)
    head = _HEADER.pack(token.encode(), table.pk, table.version)
    kept = with_redis(lambda client: client.set(_name(user), head + array("I", ids).tobytes(), ex=KEPT_SECONDS))
    return token if kept else ""


def find(table: Table, user: User, token: str, keys: Sequence[int], first: int | None) -> Cut | None:
    """The cells of these columns in the rows that were kept; None where they are not known any more. Raises TooMany."""
    kept: bytes | None = with_redis(lambda client: client.get(_name(user)))
    if not kept:
        return None
    named, table_id, seen = _HEADER.unpack_from(kept)
    if (named.decode(), table_id) != (token, table.pk):
        return None
    ids = array("I")
    ids.frombytes(kept[_HEADER.size :])
    refuse_copy(len(ids), len(keys))
    return Cut(ids, keys, seen, first)


def forget(user: User) -> None:
    """It is being moved: pasted once more it is a copy."""
    with_redis(lambda client: client.delete(_name(user)))


def _name(user: User) -> str:
    return f"rowan:cut:{INSTALLATION}:{user.pk}"
