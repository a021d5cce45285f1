"""The whole story once around, smaller than `./run manage loop` plays it: same program, same real parts."""

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.stack.environment import ROOT
from config.stack.places import DataDirectory, aside
from tests.browsing.chromium import chromium_path
from tests.stack.test_running import PATIENCE, environment

CUSTOMERS, ANSWERS = 600, 120


def beginning(source: Path, target: Path, rows: int) -> Path:
    """A file with the first rows of another."""
    with source.open(encoding="utf-8", newline="") as whole, target.open("w", newline="") as part:
        reader = csv.reader(whole)
        writer = csv.writer(part)
        writer.writerow(next(reader))
        writer.writerows(row for _turn, row in zip(range(rows), reader, strict=False))
    return target


@pytest.mark.browser
@pytest.mark.shared
def test_a_business_asks_its_customers_and_cares_for_every_one(tmp_path: Path, shared: Path) -> None:
    if chromium_path() is None:
        pytest.skip("no Chromium")
    customers = beginning(shared / "data" / "telco_customers.csv", tmp_path / "customers.csv", CUSTOMERS)
    answers = beginning(shared / "data" / "game_reviews_0_10.csv", tmp_path / "answers.csv", ANSWERS)
    data = tmp_path / "its data"
    try:
        done = subprocess.run(
            [
                *(ROOT / "run", "--data", data, "manage", "loop"),
                *("--customers", customers, "--answers", answers, "--in-browser", "8"),
            ],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
        )
    finally:
        # As root, the database of a folder that nobody can reach lies aside.
        shutil.rmtree(aside(f"data-{DataDirectory(data).mark}"), ignore_errors=True)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert done.stdout.strip().splitlines()[-1] == "loop ok", told
    assert "8 of them in a browser" in done.stdout
    assert re.search(rf"customers imported +expected +{CUSTOMERS} +found +{CUSTOMERS}\n", done.stdout), told
    assert re.search(rf"answers counted +expected +{ANSWERS} +found +{ANSWERS}\n", done.stdout), told
