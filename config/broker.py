"""Redis as Celery's broker: kombu's transport, with a mend that lets a worker outlive Redis."""

from contextlib import suppress
from queue import Empty

from kombu.transport import redis


class Channel(redis.Channel):
    def close(self) -> None:
        """As kombu closes it, and whole at once.

        kombu 5.7.0 first reads the answer for which a free process of the worker waits (BRPOP). When Redis was killed that
        raises, and the channel stays half open. It is closed once more when its connection no longer knows where Redis is:
        should a message be under way then, the worker ends with an AttributeError instead of connecting again.
        """
        if self._in_poll:
            with suppress(Empty, *self.connection_errors):
                self._brpop_read()
        super().close()


class Transport(redis.Transport):
    Channel = Channel
