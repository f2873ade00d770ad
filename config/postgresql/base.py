import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the server still holds the other end. Asked before each request (CONN_HEALTH_CHECKS).

        A server that stops says so, and one that is killed closes the socket: both make it readable while nothing was
        asked. Django's own way is a SELECT 1: 0.3 to 0.5 ms of each request, for the same answer.
        """
        connection = self.connection
        if connection is None or connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return not poll.poll(0)
