"""How cached values are written: as JSON, never as pickles, which would run code for whoever can write to Redis."""

import json
from typing import Any


class JSONSerializer:
    def dumps(self, value: Any) -> int | bytes:
        # Whole numbers stay as they are, so that Redis can count with them.
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)
