"""What `./run` can be asked to do."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.stack.environment import ROOT, RUN_LOCK, TEST_LOCK
from config.stack.installation import Installation, joined
from config.stack.places import KEPT, DataDirectory, free_port, is_free
from config.stack.processes import die_with_parent
from config.stack.telling import Trouble, say

USAGE = """\
./run [--port N] [--data DIR] [--empty]   start Loopwell; --empty leaves the demo world out
./run test [pytest arguments]             the whole suite, or the part you name
./run manage COMMAND [arguments]          a command of manage.py, on the data of ./run
./run manage loop [arguments]             the whole loop once around, with real data
./run bench [NAME]                        the yardsticks, each as a ratio within one run
./run faults [NAME]                       processes killed while they work: nothing lost, nothing double
./run look                                pictures of every page, to var/look
./run help                                this

`./run` and `./run manage` work on var/data, or on --data DIR; every other command has a folder of its own
under var, servers of its own on free ports, and stops them again. DATABASE_URL, OPERATOR_DATABASE_URL,
BROKER_URL and EMAIL_URL, where set, are used instead of servers of our own (docs/operating.md).
"""
PORT = 8000


@dataclass(frozen=True)
class Order:
    """One call of `./run`, taken apart."""

    name: str
    arguments: Sequence[str] = ()
    port: int | None = None
    data: Path | None = None
    empty: bool = False

    def carry_out(self) -> int:
        return {
            "start": start,
            "test": test,
            "manage": manage,
            "loop": loop,
            "bench": bench,
            "faults": faults,
            "look": look,
            "help": tell_usage,
        }[self.name](self)

    def home(self, name: str, *, fresh: bool = False) -> DataDirectory:
        """The data folder: the one of --data, or var/<name> of this copy."""
        path = self.data or ROOT / "var" / name
        home = DataDirectory(path)
        home.take()
        if fresh:
            if self.data and not home.is_passing():
                home.give_back()
                raise Trouble(
                    f"{home.path} holds somebody's data, and this command begins by emptying its folder. "
                    "Give --data another folder, or none."
                )
            _empty(home)
        home.call_passing(fresh)
        return home


def parse(arguments: Sequence[str]) -> Order:
    """Options of our own stand before the command's name; all after it belongs to the command."""
    port: int | None = None
    data: Path | None = None
    empty = False
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        option, _, value = option.partition("=")
        if option == "--empty" and not value:
            empty = True
        elif option in ("-h", "--help"):
            return Order("help")
        elif option in ("--port", "--data"):
            value = value or (rest.pop(0) if rest else "")
            if option == "--port":
                if not value.isdigit() or not 0 < int(value) < 65536:
                    return _misunderstood(f"--port wants a number from 1 to 65535, not {value!r}.")
                port = int(value)
            elif value:
                data = Path(value).absolute()
            else:
                return _misunderstood("--data wants a folder.")
        else:
            return _misunderstood(f"{option} is not known.")
    name = rest.pop(0) if rest else "start"
    if name == "manage" and rest[:1] == ["loop"]:
        name, rest = "loop", rest[1:]
    if name not in ("start", "test", "manage", "loop", "bench", "faults", "look", "help"):
        return _misunderstood(f"{name!r} is not known.")
    return Order(name, tuple(rest), port, data, empty)


def needs(order: Order) -> Path:
    """Which lock the order wants installed."""
    return RUN_LOCK if order.name in ("start", "manage") else TEST_LOCK


def start(order: Order) -> int:
    """Everything up, until Ctrl-C."""
    with _ending_by_signal():
        home = order.home("data")
        installation = Installation(home, port=_page_port(order.port))
        try:
            installation.start_servers()
            installation.prepare(*(["--empty"] if order.empty else []))
            installation.start_program()
            installation.publish()
            print(f"Loopwell is ready at {installation.url}", flush=True)
            login = home.path / "demo-login.txt"
            if login.exists() and not order.empty:
                print(login.read_text().strip(), flush=True)
            installation.watch()
        except (Stopped, KeyboardInterrupt):
            say("stopping")
        finally:
            _undisturbed()
            installation.stop()
            home.give_back()
    return 0


def test(order: Order) -> int:
    """The suite, on servers of its own that write nothing to the disk."""
    with _servers(order, "test", safe=False) as installation:
        environment = installation.environment(operator=True)
        for name in ("COLLECTED_STATIC", "STATIC_ROOT", "DATA_DIR", "PYTHONUNBUFFERED"):
            environment.pop(name, None)
        if installation.postgres:  # one test proves that the program refuses to work as that role
            environment["SUPERUSER_DATABASE_URL"] = installation.postgres.url("superuser")
        return _foreground([sys.executable, "-m", "pytest", *order.arguments], environment, folder=ROOT)


def manage(order: Order) -> int:
    """A command of manage.py beside a running installation, or on its servers alone."""
    home = DataDirectory(order.data or ROOT / "var" / "data")
    command = [sys.executable, str(ROOT / "manage.py"), *order.arguments]
    running = joined(home)
    if running:
        return _foreground(command, dict(running))
    with _servers(order, "data") as installation:
        return _foreground(command, installation.environment(operator=True))


def loop(order: Order) -> int:
    """The whole loop once around (docs/operating.md), on an installation of its own."""
    with _servers(order, "loop", safe=False, fresh=True, whole=True) as installation:
        return _foreground(
            [sys.executable, str(ROOT / "manage.py"), "loop", *order.arguments],
            installation.environment(operator=True),
        )


def bench(order: Order) -> int:
    with _servers(order, "bench", fresh=True, tables=True) as installation:
        return _foreground(
            [sys.executable, "-m", "bench", *order.arguments], installation.environment(operator=True)
        )


def faults(order: Order) -> int:
    with _servers(order, "faults", fresh=True, tables=True) as installation:
        return _foreground(
            [sys.executable, "-m", "faults", *order.arguments], installation.environment(operator=True)
        )


def look(order: Order) -> int:
    with _servers(order, "look-data", safe=False, fresh=True, whole=True, demo=True) as installation:
        return _foreground(
            [sys.executable, "-m", "tests.look", *order.arguments], installation.environment(operator=True)
        )


def tell_usage(_order: Order) -> int:
    print(USAGE, end="")
    return 0


class Stopped(Exception):
    """Somebody asked the runner to end."""


@contextmanager
def _servers(
    order: Order,
    name: str,
    *,
    safe: bool = True,
    fresh: bool = False,
    tables: bool = False,
    whole: bool = False,
    demo: bool = False,
) -> Iterator[Installation]:
    """An installation for the time of one command: servers alone, with `tables`, or `whole`, with pages, engine,
    worker and mailbox as well.
    """
    with _ending_by_signal():
        home = order.home(name, fresh=fresh)
        installation = Installation(home, port=order.port or free_port(), safe=safe)
        try:
            installation.start_servers()
            if tables or whole:
                installation.prepare(*([] if demo else ["--empty"]))
            if whole:
                installation.start_program()
            yield installation
        finally:
            _undisturbed()
            installation.stop()
            home.give_back()


@contextmanager
def _ending_by_signal() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except Stopped:
        sys.exit(143)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _undisturbed() -> None:
    """From here on everything is being stopped already."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _foreground(command: Sequence[str], environment: dict[str, str], folder: Path | None = None) -> int:
    """Run a command on the screen; Ctrl-C reaches it by the terminal, SIGTERM by us."""
    process = subprocess.Popen(
        command, env=environment, cwd=folder, preexec_fn=die_with_parent(os.getpid(), signal.SIGTERM)
    )
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # it was told too, and ends in its own way
        except Stopped:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _page_port(wanted: int | None) -> int:
    if wanted:
        if not is_free(wanted):
            raise Trouble(f"Port {wanted} is in use: choose another with --port.")
        return wanted
    for port in range(PORT, PORT + 20):
        if is_free(port):
            if port != PORT:
                say(f"port {PORT} is in use, taking {port}")
            return port
    return free_port()


def _empty(home: DataDirectory) -> None:
    from config.stack.postgres import Postgres

    if "DATABASE_URL" not in os.environ:
        shutil.rmtree(Postgres(home).folder, ignore_errors=True)
    for path in home.path.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _misunderstood(why: str) -> Order:
    print(f"{why}\n\n{USAGE}", file=sys.stderr, end="")
    sys.exit(2)
