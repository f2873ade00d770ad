"""`python -m config.embedded COMMAND ...`: run a command with DATABASE_URL and REDIS_URL of embedded servers.

They live in the data folder (ROWAN_DATA); with --throw-away, in a temporary one that is deleted afterwards.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from config.embedded import CannotStart, servers
from config.embedded.process import REQUESTS, spawn, stop, stop_the_rest

# What is thrown away need not outlive a power cut, which is all that these guard against: what a killed process has written is
# the system's to keep. (Tests that kill PostgreSQL start one of their own all the same, as durable as everybody's.)
HASTY = {"fsync": "off", "full_page_writes": "off"}


def main(arguments: list[str]) -> int:
    throw_away = arguments[:1] == ["--throw-away"]
    command = arguments[1:] if throw_away else arguments
    if not command:
        print(__doc__, file=sys.stderr)
        return 2

    def stop_now(number: int, frame: FrameType | None) -> None:
        for request in REQUESTS:
            signal.signal(request, signal.SIG_IGN)
        raise KeyboardInterrupt

    for request in REQUESTS:
        signal.signal(request, stop_now)
    data = Path(tempfile.mkdtemp(prefix="rowan-")) if throw_away else Path(os.environ.get("ROWAN_DATA") or "var").resolve()
    if throw_away:
        data.chmod(0o711)  # as root, PostgreSQL's own user must be able to enter
    process: subprocess.Popen[bytes] | None = None
    try:
        with servers(data, HASTY if throw_away else None) as urls:
            assert urls.database and urls.redis
            env = {**os.environ, "DATABASE_URL": urls.database, "REDIS_URL": urls.redis, "ROWAN_DATA": str(data)}
            process = spawn(command, env=env)
            try:
                return process.wait()
            finally:
                stop(process, signal.SIGINT, 30)  # as Ctrl-C does: pytest then ends what its fixtures started
    except CannotStart as error:
        print(f"Rowan cannot start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        stop_the_rest()
        if throw_away:
            shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
