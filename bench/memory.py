"""Memory of the whole stack idle, demo world loaded: summed proportional set size, 60 s after ready."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.yardstick import Ratio
from config.stack.environment import ROOT
from config.stack.places import free_port

REST = 60  # seconds after ready
STARTED_BY_BENCH = (
    "DATABASE_URL",
    "OPERATOR_DATABASE_URL",
    "BROKER_URL",
    "EMAIL_URL",
    "BASE_URL",
    "DATA_DIR",
)


def measure() -> Iterator[Ratio]:
    with TemporaryDirectory(prefix="loopwell-bench-", dir="/var/tmp") as folder:
        data = Path(folder) / "data"
        data.parent.chmod(0o755)
        environment = {name: value for name, value in os.environ.items() if name not in STARTED_BY_BENCH}
        runner = subprocess.Popen(
            [sys.executable, "-m", "config.stack", "--data", str(data), "--port", str(free_port())],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert runner.stdout is not None
            if not any("is ready at" in line for line in runner.stdout):
                raise RuntimeError("the trial did not start")
            time.sleep(REST)
            parts = {pid: proportional_size(pid) for pid in descendants(runner.pid)}
        finally:
            runner.terminate()
            runner.wait()
    total = sum(parts.values())
    yield Ratio(
        "memory of the whole stack idle (PSS)",
        total / 1_000_000,
        target=400,
        moonshot=250,
        unit=" MB",
        note=f"{len(parts)} processes; the largest has {max(parts.values()) / 1_000_000:.0f} MB",
    )


def descendants(pid: int) -> list[int]:
    """The process and all its children's children."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, []))
    return found


def proportional_size(pid: int) -> int:
    """Bytes; shared pages are divided among those who share them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
