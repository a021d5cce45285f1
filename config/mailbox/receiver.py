"""The SMTP server of a trial: `python -m config.mailbox.receiver PORT FOLDER`. Keeps every mail."""

import asyncio
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from config.mailbox.store import Mailbox

SIZE = 25_000_000  # bytes


class Keeper:
    """aiosmtpd calls it with each mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content
        source = content if isinstance(content, bytes) else (content or "").encode()
        self.mailbox.keep(envelope.mail_from or "", envelope.rcpt_tos, source)
        return "250 OK: kept"


async def serve(port: int, folder: Path) -> None:
    keeper = Keeper(Mailbox(folder))
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(
        lambda: SMTP(
            keeper, enable_SMTPUTF8=True, data_size_limit=SIZE, hostname="loopwell.local", loop=loop
        ),
        "127.0.0.1",
        port,
    )
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
