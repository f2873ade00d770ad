"""100 people scrolling at once: each asks for a window twice a second, whether or not the last answer was quick."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from benchmarks.bench import Bench
from benchmarks.others import own_seconds
from benchmarks.report import Figure
from benchmarks.web import Web
from benchmarks.windows import ROW_MARK, ROWS

CLIENTS = 100
PERIOD = 0.5  # seconds
ANSWER_MS = 100.0
PATIENCE = 3  # times the planned length; a server that has fallen behind by more is not waited for


@dataclass
class Seen:
    """What all clients saw."""

    took: list[float] = field(default_factory=list)  # ms, from the moment an answer was due to be asked for
    errors: list[str] = field(default_factory=list)
    unasked: int = 0  # windows given up, because the server was too far behind
    again: int = 0  # connections that the server closed in an orderly way between two answers


def measure(bench: Bench) -> Iterator[Figure]:
    seconds = bench.samples(20, 5)
    web, table = bench.web, bench.table  # made here, outside of the event loop
    seen = Seen()
    worked, all_worked = time.process_time(), own_seconds()
    began = time.perf_counter()
    asyncio.run(_crowd(web, table.pk, bench.rows, seconds, seen))
    lasted = time.perf_counter() - began
    clients = time.process_time() - worked
    servers = own_seconds() - all_worked - clients
    note = f"Over {seconds} s, nothing warmed; the clients themselves took {clients / lasted:.0%} of one core."
    if seen.errors:
        note += f" First error: {seen.errors[0]}"
    asked = CLIENTS / PERIOD
    yield Figure(f"{CLIENTS} clients, a window each every {PERIOD} s", "ms", seen.took, bench.read_target(ANSWER_MS), "p95", note)
    yield Figure("... errors", "", [len(seen.errors)], 0, note=f"{seen.again} connections opened again." if seen.again else "")
    yield Figure("... windows given up, the server being too far behind", "", [seen.unasked], 0)
    yield Figure(f"... answers per second ({asked:,.0f} asked for)", "", [len(seen.took) / lasted])
    note = "Of everything that the bench has started, the clients left out; PostgreSQL only if embedded."
    yield Figure("... CPU time per answer", "ms", [servers * 1_000 / max(1, len(seen.took))], note=note)


async def _crowd(web: Web, table: int, rows: int, seconds: float, seen: Seen) -> None:
    head = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {web.cookie_header}\r\n\r\n"
    random = Random(2)
    begin = asyncio.get_running_loop().time() + 0.2
    end = begin + PATIENCE * seconds
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            starts = [random.randint(0, rows - ROWS) for _ in range(int(seconds / PERIOD))]
            # People do not click in step: their first windows are spread over one period.
            first = begin + number / CLIENTS * PERIOD
            group.create_task(_client(web.port, table, head, first, end, starts, seen))


async def _client(port: int, table: int, head: str, first: float, end: float, starts: list[int], seen: Seen) -> None:
    loop = asyncio.get_running_loop()
    line: Line | None = None
    for turn, start in enumerate(starts):
        due = first + turn * PERIOD
        await asyncio.sleep(max(0.0, due - loop.time()))
        if loop.time() > end:
            seen.unasked += len(starts) - turn
            break
        try:
            if line is None or line.closed:
                seen.again += line is not None
                _, line = await loop.create_connection(Line, "127.0.0.1", port)
            await asyncio.wait_for(line.ask(f"GET /t/{table}/window/?start={start}{head}".encode(), start), 10)
            # From `due`, not from sending: a request held up by the one before it has waited, too.
            seen.took.append((loop.time() - due) * 1_000)
        except (OSError, TimeoutError, BadAnswer) as error:
            seen.errors.append(f"{type(error).__name__} {error}".strip())
            line = None
    if line is not None:
        line.transport.close()


class BadAnswer(Exception):
    """The server's answer is not the window that was asked for."""


class Line(asyncio.Protocol):
    """A connection that counts bytes instead of parsing HTTP: 100 clients must not cost what the server needs."""

    def __init__(self) -> None:
        self.closed = False
        self.start = 0
        self.rows = 0  # seen of this window
        self.tail = b""  # the end of what came, as a mark may be cut in two
        self.head = b""
        self.left = -1  # bytes of the body still to come; -1 while in the head
        self.done: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    async def ask(self, request: bytes, start: int) -> None:
        self.start, self.rows, self.tail, self.head, self.left = start, 0, b"", b"", -1
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self.done

    def data_received(self, data: bytes) -> None:
        if self.left < 0:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            # The first bytes of the body say which window this is.
            if end < 0 or len(self.head) < end + 60:
                return
            data = self.head[end + 4 :]
            if not self._accept(self.head[:end].decode("latin-1").lower(), data):
                return
        self.left -= len(data)
        seen = self.tail + data
        self.rows += seen.count(ROW_MARK)
        self.tail = seen[1 - len(ROW_MARK) :]
        if self.left > 0 or not self.done or self.done.done():
            return
        if self.rows == ROWS:
            self.done.set_result(None)
        else:
            self._refuse(f"a window of {self.rows} rows")

    def _accept(self, head: str, body: bytes) -> bool:
        """Whether this is the beginning of the window that was asked for."""
        length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "")
        self.closed = "\r\nconnection: close" in head
        if not head.startswith("http/1.1 200") or not length or f'data-start="{self.start}"'.encode() not in body[:60]:
            self._refuse(head.split("\r\n")[0] + " " + body[:60].decode(errors="replace"))
            return False
        self.left = int(length)
        return True

    def _refuse(self, why: str) -> None:
        if self.done and not self.done.done():
            self.done.set_exception(BadAnswer(why))
        self.closed = True
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self.done and not self.done.done():
            self.done.set_exception(error if isinstance(error, OSError) else ConnectionResetError("closed before the answer"))
