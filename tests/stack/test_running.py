"""`./run` as a person meets it: start, stop, kill, start again. Its own folder, its own ports."""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack.environment import ROOT
from config.stack.places import DataDirectory, aside, free_port

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="no /proc to look for orphans"
)
SERVERS = ("DATABASE_URL", "OPERATOR_DATABASE_URL", "BROKER_URL", "EMAIL_URL")
# Not a measurement: a machine that has other work to do may take minutes.
PATIENCE = 400
FOREIGN = (
    "DJANGO_SETTINGS_MODULE",
    "DATA_DIR",
    "LOCAL_MAILBOX",
    "BASE_URL",
    "COLLECTED_STATIC",
    "SECRET_KEY",
)


def _as_from_a_terminal() -> None:
    """Ctrl-C is listened to, also where these tests are a job in the background, which is told to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Runner:
    """One `./run` on one data folder, which has a space in its name."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "my data"
        self.port = free_port()
        self.screen = folder / "screen"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.screen.open("wb") as screen:
            self.process = subprocess.Popen(
                [ROOT / "run", "--port", str(self.port), "--data", self.data, "--empty"],
                env=environment(),
                cwd="/",
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_as_from_a_terminal,
            )
        until = time.monotonic() + PATIENCE
        while "Loopwell is ready at" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.1)

    def said(self) -> str:
        return self.screen.read_text()

    def end(self, number: int) -> float:
        """Signal the runner alone; returns the seconds until it is gone."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - started

    def processes(self) -> list[str]:
        """Every process on this machine that was told of this data folder."""
        mark = os.fsencode(self.data)
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue  # it ended meanwhile
            if mark in text and int(process.name) != os.getpid():
                found.append(text.split(b"\0", 3)[2].decode(errors="replace") + f" ({process.name})")
        return found

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [ROOT / "run", "--data", self.data, "manage", *arguments],
            env=environment(),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def environment() -> dict[str, str]:
    """As in a fresh shell: nothing of the suite's own servers."""
    return {name: value for name, value in os.environ.items() if name not in (*SERVERS, *FOREIGN)}


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(tmp_path_factory.mktemp("runner"))
    yield runner
    if runner.process is not None and runner.process.poll() is None:
        runner.end(signal.SIGTERM)
    # As root, the database of a folder that nobody can reach lies aside.
    shutil.rmtree(aside(f"data-{DataDirectory(runner.data).mark}"), ignore_errors=True)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def wait_until_gone(runner: Runner) -> list[str]:
    until = time.monotonic() + 10
    while runner.processes() and time.monotonic() < until:
        time.sleep(0.1)
    return runner.processes()


def test_a_trial_starts_stops_is_killed_and_finds_its_data_again(runner: Runner) -> None:
    runner.start()
    assert runner.said().rstrip().endswith(f"Loopwell is ready at {runner.url}")
    assert status(f"{runner.url}/health") == 200
    assert status(f"{runner.url}/mailbox") == 200
    assert status(f"{runner.url}/no-such-page") == 404

    # A second runner on the same data is told so, and disturbs nothing.
    second = subprocess.run(
        [ROOT / "run", "--port", str(free_port()), "--data", runner.data, "--empty"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert second.returncode == 1
    assert "already runs" in second.stderr

    # A command beside the running installation works on its data.
    runner.manage(
        "shell", "-c", "from accounts.models import User; User.objects.create(email='kept@shop.example')"
    )

    assert runner.end(signal.SIGTERM) < 10
    assert wait_until_gone(runner) == []

    runner.start()
    assert len(runner.processes()) > 4
    assert runner.end(signal.SIGKILL) < 1
    assert wait_until_gone(runner) == [], "kill -9 of the runner left orphans"

    runner.start()
    assert runner.end(signal.SIGINT) < 10
    assert wait_until_gone(runner) == []

    # And on its database alone while nothing runs.
    counted = runner.manage(
        "shell", "-v", "0", "-c", "from accounts.models import User; print(User.objects.count())"
    )
    assert counted.split()[-1] == "1"
    assert wait_until_gone(runner) == []


def test_secrets_are_made_once_and_belong_to_one_person(runner: Runner) -> None:
    secrets = runner.data / "secrets.json"
    assert secrets.stat().st_mode & 0o777 == 0o600
    before = secrets.read_text()
    runner.manage("check")
    assert secrets.read_text() == before


def test_a_port_in_use_is_named_and_nothing_is_left_running(runner: Runner, live_port: int) -> None:
    tried = subprocess.run(
        [ROOT / "run", "--port", str(live_port), "--data", runner.data, "--empty"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert tried.returncode == 1
    assert f"Port {live_port} is in use" in tried.stderr
    assert wait_until_gone(runner) == []


@pytest.fixture
def live_port() -> Iterator[int]:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "many"], "--port wants a number"),
        (["--data"], "--data wants a folder"),
        (["--colour"], "--colour is not known"),
        (["dance"], "'dance' is not known"),
    ],
)
def test_a_misspelt_command_is_told_what_there_is(arguments: list[str], words: str) -> None:
    told = subprocess.run(
        [ROOT / "run", *arguments], env=environment(), capture_output=True, text=True, timeout=30
    )
    assert told.returncode == 2
    assert words in told.stderr
    assert "./run test" in told.stderr


@pytest.mark.parametrize("command", ["bench", "faults", "look", "manage loop"])
def test_a_command_that_begins_by_emptying_leaves_a_folder_with_data_alone(
    tmp_path: Path, command: str
) -> None:
    precious = tmp_path / "postgres" / "PG_VERSION"
    precious.parent.mkdir()
    precious.write_text("18")
    done = subprocess.run(
        [ROOT / "run", "--data", tmp_path, *command.split()],
        env=environment(),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode != 0
    assert "holds somebody's data" in done.stderr + done.stdout
    assert precious.read_text() == "18"
