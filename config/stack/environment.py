"""The Python environment in .venv: made once, filled from a lock, left alone while the lock stays as it is.

`requirements.lock` is what the product runs on. `requirements-test.lock` holds the same and what the tests
and rigs need beside it, so an environment for the tests also runs the product.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.stack.telling import Trouble, say, took

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUN_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
INSTALLER = ROOT / "var" / "installer"
INSTALLER_LOCK = Path(__file__).with_name("installer.lock")
# Bytecode is written when a module is first used: compiling all of it takes longer than installing it.
PIP_MANNERS = (
    *("--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"),
    *("--require-hashes", "--no-deps", "--only-binary=:all:"),
)

NO_ENSUREPIP = (
    "This Python cannot make environments: its module ensurepip is missing.\n"
    "On Debian and Ubuntu: apt-get install python3-venv\n"
    "Anywhere: install uv, which Loopwell uses when it finds it."
)


def ready(lock: Path) -> bool:
    """Whether the environment holds exactly what the lock says, by the mark of the last installation."""
    marks = [_mark(lock)] if lock == TEST_LOCK else [_mark(RUN_LOCK), _mark(TEST_LOCK)]
    return PYTHON.exists() and any(_marker().exists() and _marker().read_text() == mark for mark in marks)


def ensure(lock: Path) -> None:
    """Make and fill the environment unless it is ready. Raises Trouble with what to install."""
    if ready(lock):
        return
    with _alone():
        if ready(lock):
            return
        started = time.monotonic()
        uv = shutil.which("uv") or _fetch_uv([sys.executable, "-m", "pip"])
        if not _works():
            _make(uv)
        uv = uv or _fetch_uv([str(PYTHON), "-m", "pip"])
        took("environment made", started)
        started = time.monotonic()
        say(f"installing {_count(lock)} packages of {lock.name}, this once")
        _marker().unlink(missing_ok=True)
        _install(uv, lock)
        _marker().write_text(_mark(lock))
        took("packages installed", started)


def enter(arguments: list[str]) -> None:
    """Go on with the environment's own Python, unless this is it. Does not return then."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    os.execve(PYTHON, [str(PYTHON), "-m", "config.stack", *arguments], environment)


def _marker() -> Path:
    return VENV / "installed"


def _mark(lock: Path) -> str:
    if not lock.exists():
        raise Trouble(f"{lock.name} is missing: this is not a whole copy of Loopwell.")
    return f"{lock.name} {hashlib.sha256(lock.read_bytes()).hexdigest()}\n"


def _count(lock: Path) -> int:
    return sum(
        1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#"))
    )


def _works() -> bool:
    """An environment outlives the Python that it was made with, or the folder that it was made in."""
    if not PYTHON.exists():
        return False
    tried = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.version_info >= (3, 11), sys.prefix)"],
        capture_output=True,
        text=True,
    )
    return tried.stdout.split(" ", 1) == ["True", f"{VENV}\n"]


def _fetch_uv(pip: list[str]) -> str | None:
    """uv by its own lock: it installs the rest in a quarter of pip's time. None where pip cannot bring it."""
    uv = INSTALLER / "bin" / "uv"
    if not uv.exists():
        shutil.rmtree(INSTALLER, ignore_errors=True)
        _try([*pip, "install", *PIP_MANNERS, "--target", str(INSTALLER), "-r", str(INSTALLER_LOCK)])
    return str(uv) if uv.exists() else None


def _make(uv: str | None) -> None:
    if uv and not _try([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)]):
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise Trouble(NO_ENSUREPIP)
    shutil.rmtree(VENV, ignore_errors=True)
    failed = _try([sys.executable, "-m", "venv", str(VENV)])
    if failed:
        raise Trouble(f"{failed}\n{NO_ENSUREPIP}")


def _install(uv: str | None, lock: Path) -> None:
    """With uv; where it fails (a mirror that only pip knows, say) with pip."""
    if uv and not _try(
        [uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--require-hashes", "-r", str(lock)]
    ):
        return
    _try([str(PYTHON), "-m", "ensurepip"])
    failed = _try([str(PYTHON), "-m", "pip", "install", *PIP_MANNERS, "-r", str(lock)])
    if failed:
        raise Trouble(failed)


def _try(command: list[str]) -> str:
    """What went wrong; empty when nothing did."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")
    }
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except OSError as error:
        return str(error)
    return f"{done.stdout.strip()}\nThis failed: {' '.join(command)}" if done.returncode else ""


@contextmanager
def _alone() -> Iterator[None]:
    """One installation at a time: a second `./run` waits for the first."""
    try:
        (ROOT / "var").mkdir(exist_ok=True)
        with (ROOT / "var" / "install.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except PermissionError as error:
        raise Trouble(
            f"Loopwell installs itself beside its code, and may not write there: {error}"
        ) from error
