"""A production that is not one does not start."""

import os
import subprocess
import sys

import pytest

from config.stack.environment import ROOT

PRODUCTION = {
    "LOOPWELL_TRIAL": "0",
    "SECRET_KEY": "k" * 60,
    "BASE_URL": "https://loopwell.example",
    "DATABASE_URL": "postgres://app:word@db.example/loopwell",
    "EMAIL_URL": "smtp+tls://user:word@mail.example:587",
}


def start(**changed: str | None) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, with nothing but these variables."""
    environment = {**PRODUCTION, **changed, "PATH": os.environ["PATH"]}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from config import settings as s; print(s.DEBUG, s.SESSION_COOKIE_NAME, s.ALLOWED_HOSTS)",
        ],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
    )


def test_production_starts_when_all_is_said() -> None:
    started = start()
    assert started.returncode == 0, started.stderr
    assert started.stdout.strip() == "False __Host-session ['loopwell.example']"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"DEBUG": "1"}, "DEBUG shows"),
        ({"OUTGOING_TEST_HOSTS": "127.0.0.1:9"}, "OUTGOING_TEST_HOSTS opens"),
        ({"LOCAL_MAILBOX": "/tmp/mails"}, "LOCAL_MAILBOX shows"),
        ({"EMAIL_URL": None}, "EMAIL_URL is missing"),
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"BASE_URL": None}, "BASE_URL"),
        ({"DATABASE_URL": None}, "DATABASE_URL"),
    ],
)
def test_production_refuses(changed: dict[str, str | None], words: str) -> None:
    refused = start(**changed)
    assert refused.returncode != 0
    assert words in refused.stderr


def test_a_socket_folder_in_an_address_is_read() -> None:
    started = subprocess.run(
        [sys.executable, "-c", "from config import settings as s; print(s.DATABASES['default']['HOST'])"],
        cwd=ROOT,
        env={
            **PRODUCTION,
            "DATABASE_URL": "postgres://app:word@%2Ftmp%2Flw-1/loopwell",
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
    )
    assert started.stdout.strip() == "/tmp/lw-1"
