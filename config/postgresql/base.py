import select
import time
from typing import ClassVar

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

REST_SECONDS = 30


class DatabaseWrapper(base.DatabaseWrapper):
    # How long one statement may take, in seconds; 0: as long as it likes. The web server sets it (config/wsgi.py): whoever
    # waits for a page gives up sooner than a query over millions of rows would.
    statement_seconds: ClassVar[int] = 0
    _asked_at = 0.0

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if self.statement_seconds:
            # Not among the connection's options, which a pooler in between may refuse.
            with self.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{self.statement_seconds}s"])

    def is_usable(self) -> bool:
        """Whether the server still holds the other end. Asked before each request (CONN_HEALTH_CHECKS).

        A server that stops says so, and one that is killed closes the socket: both make it readable while nothing was
        asked. Django's own way is a SELECT 1: 0.1 to 0.5 ms of each request. It is still taken after a rest, in which
        something between here and the server may have forgotten the connection without a word.
        """
        rested, self._asked_at = time.monotonic() - self._asked_at, time.monotonic()
        if rested > REST_SECONDS:
            return bool(super().is_usable())
        connection = self.connection
        if connection is None or connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return not poll.poll(0)
