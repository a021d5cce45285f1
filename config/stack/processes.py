"""Child processes that never outlive the runner, not even when it is killed.

Linux sends each child a signal when its parent dies (PR_SET_PDEATHSIG); other systems have no such thing,
there `kill -9` of the runner leaves the children to be found by the next start.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.stack.telling import Trouble

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
LOG_LIMIT = 5_000_000  # bytes; a longer log is put aside at the next start
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(
    parent: int, death_signal: int = signal.SIGTERM, user: tuple[int, int] | None = None
) -> Callable[[], None]:
    """What a child does before it becomes its program: drop to the user, and ask to end with its parent."""

    def prepare() -> None:
        if user:
            os.setgroups([])
            os.setgid(user[1])
            os.setuid(user[0])
        if _libc is not None:
            # After setuid, which would forget it again.
            _libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)  # the runner died in between

    return prepare


def named(name: str) -> None:
    """What `ps` and `top` call this process (at most 15 letters), where the system can."""
    if _libc is not None:
        _libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)


@dataclass
class Child:
    """One server process: how it starts, how it is asked to stop, and what it wrote last."""

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    user: tuple[int, int] | None = None
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in self.command],
                env=None if self.environment is None else dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C reaches the runner alone, which then stops the rest in order.
                start_new_session=True,
                preexec_fn=die_with_parent(os.getpid(), self.death_signal, self.user),
            )

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.process.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return as soon as `ready()`. Raises Trouble with the end of the log when it ends or is late."""
        until = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise Trouble(f"The {self.name} did not start:\n{self.last_words()}")
            if time.monotonic() > until:
                raise Trouble(f"The {self.name} was not ready after {seconds:.0f} s:\n{self.last_words()}")
            time.sleep(0.05)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)

    def stop(self, seconds: float) -> None:
        """Ask, wait, and after `seconds` end the whole group for good."""
        if self.process is None:
            return
        self.ask_to_stop()
        try:
            self.process.wait(max(seconds, 0.05))
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self, lines: int = 25) -> str:
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return f"(no log at {self.log})"
        return "\n".join(text.splitlines()[-lines:])
