"""Requests a minute, as the API counts them: a bucket per key and model that fills evenly, and the headers that tell of it."""

import math
import threading
import time
from datetime import UTC, datetime, timedelta


class Bucket:
    """`per_minute` requests; `burst` of them at once at most, which is what the bucket holds when it is full."""

    def __init__(self, per_minute: int, burst: int | None = None) -> None:
        self.per_minute = per_minute
        self.burst = burst or per_minute
        self._tokens = float(self.burst)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> tuple[bool, dict[str, str]]:
        """Whether a request may be served, and its headers. The reset is when the bucket is full again."""
        rate = self.per_minute / 60
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self.burst, self._tokens + (now - self._at) * rate)
            self._at = now
            served = self._tokens >= 1
            if served:
                self._tokens -= 1
            left = self._tokens
        full = datetime.now(UTC) + timedelta(seconds=(self.burst - left) / rate)
        headers = {
            "anthropic-ratelimit-requests-limit": str(self.per_minute),
            "anthropic-ratelimit-requests-remaining": str(int(left)),
            "anthropic-ratelimit-requests-reset": full.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if not served:
            headers["retry-after"] = str(max(1, math.ceil((1 - left) / rate)))
        return served, headers
