"""Where an installation keeps its things: one folder, its secrets, one runner at a time."""

import fcntl
import hashlib
import json
import os
import secrets
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

from config.stack.environment import ROOT
from config.stack.telling import Trouble

# What a folder has from the moment it is looked at; all else is data.
KEPT = frozenset({"lock", "logs"})


class DataDirectory:
    """A folder that belongs to one installation: database, files, logs, secrets. Made on first use."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise Trouble(f"The data folder {self.path} cannot be used: {error}") from error
        self._lock: IO[str] | None = None

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def mark(self) -> str:
        """Eight letters that tell this folder from any other, for names outside it."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:8]

    def take(self) -> None:
        """Lock the folder for this process. Raises Trouble while another runner holds it."""
        lock = (self.path / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                f"Loopwell already runs on {self.path}. Stop it first, or choose another folder with --data."
            ) from None
        self._lock = lock

    def give_back(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def taken(self) -> bool:
        """Whether another process holds the folder."""
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def is_passing(self) -> bool:
        """Whether the folder may be emptied: nothing is in it, or a command made it for the time it runs."""
        names = {path.name for path in self.path.iterdir()}
        return "passing" in names or names <= KEPT

    def call_passing(self, passing: bool) -> None:
        mark = self.path / "passing"
        mark.touch() if passing else mark.unlink(missing_ok=True)

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_hex(24)) -> str:
        """A random text of this installation, made once and readable by its owner alone."""
        path = self.path / "secrets.json"
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if name not in kept:
            kept[name] = make()
            write_private(path, json.dumps(kept, indent=1))
        return kept[name]


def write_private(path: Path, text: str) -> None:
    """Write whole or not at all, mode 0600."""
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def private_folder(path: Path, *, uid: int, gid: int) -> Path:
    """A folder for one user alone, mode 0700. Raises Trouble when somebody else made it first."""
    try:
        path.mkdir(mode=0o700)
        os.chown(path, uid, gid)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid:
            raise Trouble(f"{path} belongs to somebody else: remove it, or choose another --data.") from None
        path.chmod(0o700)
    return path


def as_user(uid: int, gid: int, question: Callable[[], bool]) -> bool:
    """Ask a question about the file system as that user would be answered."""
    if os.geteuid() == uid:
        return question()
    child = os.fork()
    if child == 0:
        answer = 1
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            answer = 0 if question() else 1
        finally:
            os._exit(answer)
    return os.waitpid(child, 0)[1] == 0


def aside(name: str) -> Path:
    """A folder for `name` that other users can reach: /var/tmp/loopwell-<mark of this copy>-name."""
    mark = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    return Path("/var/tmp") / f"loopwell-{mark}-{name}"
