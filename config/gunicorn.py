"""Gunicorn's settings, the same for `bin/run` and production."""

import gc
import os

# bin/run listens itself and hands the socket down, so that no other start can take the port meanwhile.
_socket = os.environ.get("WEB_SOCKET")
bind = f"fd://{_socket}" if _socket else f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or max(2, os.cpu_count() or 2))
# Python runs one thread of a process at a time: threads only wait for PostgreSQL side by side. More of them
# let requests overtake each other, which makes the slowest slower.
threads = int(os.environ.get("WEB_THREADS") or 4)
preload_app = True  # workers share the application's memory
keepalive = 75
timeout = 120
graceful_timeout = 10
max_requests = 200_000
max_requests_jitter = 20_000
accesslog = None
loglevel = "warning"
control_socket_disable = True


def post_fork(server: object, worker: object) -> None:
    """Keep the garbage collector away from what lives as long as the process, and let it look less often.

    It took 0.2 ms of a window, and now and then 50 ms of one, to look through all of Django's objects.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
