"""Gunicorn's settings, the same for `bin/run` and production."""

import gc
import os

# bin/run listens itself and hands the socket down, so that no other start can take the port meanwhile.
_socket = os.environ.get("WEB_SOCKET")
bind = f"fd://{_socket}" if _socket else f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
# Python runs one thread of a process at a time: threads only wait for PostgreSQL side by side. 100 people scrolling on two
# cores, processes x threads, p95 of three runs: 2 x 4: 43 to 240 ms, 2 x 2: 35 to 161, 3 x 3: 42 to 133, 3 x 2: 35 to 57;
# the third thread is for what takes long: an upload, a mail.
workers = int(os.environ.get("WEB_WORKERS") or 1 + (os.cpu_count() or 1))
threads = int(os.environ.get("WEB_THREADS") or 3)
preload_app = True  # workers share the application's memory
limit_request_line = 8_190  # the most there is; a link to a table holds all of what it shows (views_app/state.py)
keepalive = 75
timeout = 120
graceful_timeout = 10
max_requests = 200_000
max_requests_jitter = 20_000
accesslog = None
loglevel = "warning"
control_socket_disable = True


def post_fork(server: object, worker: object) -> None:
    """Keep the garbage collector away from what lives as long as the process; config/__init__.py lets it look less often.

    It took 0.2 ms of a window to look through all of Django's objects again and again, and takes 0.07 ms so.
    """
    gc.freeze()
