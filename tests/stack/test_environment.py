"""The environment is made from locks that name versions and hashes, and nothing else."""

import re
from pathlib import Path

import pytest

from config.stack import environment
from config.stack.telling import Trouble

LOCKS = [environment.RUN_LOCK, environment.TEST_LOCK, environment.INSTALLER_LOCK]


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    for stanza in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in stanza, stanza


def test_what_the_tests_run_on_is_what_the_product_runs_on() -> None:
    product, tests = pins(environment.RUN_LOCK), pins(environment.TEST_LOCK)
    assert {name: tests.get(name) for name in product} == product
    assert "pytest" in tests
    assert "pytest" not in product


def test_the_locks_cover_what_the_project_asks_for() -> None:
    import tomllib

    asked = tomllib.loads((environment.ROOT / "pyproject.toml").read_text())["project"]
    names = {name.lower().replace("_", "-") for name in pins(environment.RUN_LOCK)}
    for requirement in asked["dependencies"]:
        assert re.match(r"[A-Za-z0-9_-]+", requirement).group().lower().replace("_", "-") in names  # type: ignore[union-attr]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of Loopwell without an environment, on a machine without uv."""
    for name in ("VENV", "PYTHON", "INSTALLER"):
        inside = getattr(environment, name).relative_to(environment.ROOT)
        monkeypatch.setattr(environment, name, tmp_path / inside)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    monkeypatch.setattr(environment, "_fetch_uv", lambda pip: None)
    return tmp_path


def test_without_ensurepip_it_says_what_to_install(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Trouble, match="apt-get install python3-venv"):
        environment.ensure(environment.RUN_LOCK)


def test_an_environment_is_left_alone_while_its_lock_stays(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[Path] = []
    monkeypatch.setattr(environment, "_make", lambda uv: environment.PYTHON.parent.mkdir(parents=True))
    monkeypatch.setattr(
        environment, "_install", lambda uv, lock: (installed.append(lock), environment.PYTHON.touch())
    )
    lock = bare / "requirements.lock"
    lock.write_text("one==1 --hash=sha256:0\n")
    monkeypatch.setattr(environment, "RUN_LOCK", lock)
    monkeypatch.setattr(environment, "_works", lambda: environment.PYTHON.exists())

    environment.ensure(lock)
    environment.ensure(lock)
    assert len(installed) == 1
    lock.write_text("one==2 --hash=sha256:0\n")
    environment.ensure(lock)
    assert len(installed) == 2
    assert environment.ready(lock)
