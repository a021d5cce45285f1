"""The one way out to addresses that a tenant chose: webhooks, issuers, feeds, pictures.

An address is checked when it is called, not when it was saved: the name is resolved once, every answer must
be a public unicast address, and the connection goes to exactly the address that was checked (no second
look-up that could answer otherwise). Redirects are answers, not orders. Ports, sizes and time are capped.
A test forbids every other HTTP client and socket in our code.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

PORTS = {"http": frozenset({80, 8080}), "https": frozenset({443, 8443})}
LONGEST_ADDRESS = 2_048
# Names of letters, digits and hyphens with at least one dot; everything clever is refused before the look-up.
HOST = re.compile(
    r"(?i)^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z][a-z0-9-]{0,61}[a-z0-9])\.?$"
)
INNER_NAMES = (
    ".localhost",
    ".local",
    ".internal",
    ".intranet",
    ".lan",
    ".home",
    ".corp",
    ".home.arpa",
    ".onion",
)
# Ways to write an IPv4 address inside an IPv6 one: each is judged by the address it stands for.
NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
# Public by the registry, yet not a place of the public internet.
NOT_OUTSIDE = tuple(
    ipaddress.ip_network(each)
    for each in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "168.63.129.16/32",
        "fec0::/10",
    )
)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchRefused(Exception):
    """The address may not be called; the sentence says why. Asking again changes nothing."""

    permanent = True


class FetchFailed(Exception):
    """The address was called and did not answer as it should. Asking again may help."""

    permanent = False


@dataclass(frozen=True)
class Fetched:
    """An answer, whole. A redirect is one: status 3xx with its Location, not followed."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def safe_fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 15,
    most_bytes: int = 1_000_000,
) -> Fetched:
    """Call an address that a tenant chose. Raises FetchRefused or FetchFailed.

    `seconds` is the time for everything: look-up, connection, answer. `most_bytes` caps the answer's body.
    """
    parts, port = read_address(url)
    deadline = time.monotonic() + seconds
    host = (parts.hostname or "").rstrip(".")
    addresses = resolve(host, port, open_for_tests=_named_for_tests(host, port))
    try:
        return _call(parts, host, port, addresses[0], method, body, headers or {}, deadline, most_bytes)
    except (OSError, http.client.HTTPException) as error:
        raise FetchFailed(
            _("No answer from %(host)s: %(error)s.") % {"host": host, "error": _plain(error)}
        ) from None


def read_address(url: str) -> tuple[SplitResult, int]:
    """Judge an address by its text alone, as forms do when it is saved. Raises FetchRefused."""
    if not isinstance(url, str) or len(url) > LONGEST_ADDRESS or not url.isascii():
        raise FetchRefused(_("An address is at most 2,048 plain characters long."))
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise FetchRefused(_("An address has no blanks, control characters or backslashes."))
    try:
        parts = urlsplit(url)
        given_port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise FetchRefused(_("This is not an address we can read.")) from None
    if parts.scheme not in PORTS:
        raise FetchRefused(_("Only http and https addresses are called."))
    if "@" in parts.netloc:
        raise FetchRefused(_("An address has no user or password in it."))
    port = given_port if given_port is not None else (443 if parts.scheme == "https" else 80)
    if _named_for_tests(host, port):
        return parts, port
    literal = _literal(host)
    if literal is not None:
        _must_be_outside(literal)
    elif not HOST.match(host) or host.rstrip(".").endswith(INNER_NAMES):
        raise FetchRefused(_("“%(host)s” is not a public name.") % {"host": host[:100]})
    if port not in PORTS[parts.scheme]:
        raise FetchRefused(_("Port %(port)s is not called.") % {"port": port})
    return parts, port


def resolve(host: str, port: int, *, open_for_tests: bool = False) -> list[str]:
    """Every address of a name, all of them outside. Raises FetchRefused, or FetchFailed for an unknown name.

    One inner address among several refuses the name: it could be the next one that is taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchFailed(_("The name %(host)s is not known.") % {"host": host[:100]}) from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for text in addresses:
        if not open_for_tests:
            _must_be_outside(ipaddress.ip_address(text.split("%")[0]))
    if not addresses:
        raise FetchFailed(_("The name %(host)s is not known.") % {"host": host[:100]})
    return addresses


def is_outside(address: Address) -> bool:
    """Whether an address is a place of the public internet, also when it is wrapped in another."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if any(address in network for network in NAT64):
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if int(address) >> 32 == 0:  # the old "IPv4-compatible" form
            return False
        if wrapped is not None and not is_outside(wrapped):
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not any(address.version == network.version and address in network for network in NOT_OUTSIDE)
    )


def _must_be_outside(address: Address) -> None:
    if not is_outside(address):
        raise FetchRefused(_("%(address)s is not a public address.") % {"address": address})


def _literal(host: str) -> Address | None:
    """An address in its proper notation; forms such as 0x7f.1 or 2130706433 are no names either."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _named_for_tests(host: str, port: int) -> bool:
    """Loopback places that a test opened by name; production refuses to start with any."""
    return f"{host}:{port}" in settings.OUTGOING_TEST_HOSTS


def _call(
    parts: SplitResult,
    host: str,
    port: int,
    address: str,
    method: str,
    body: bytes | None,
    headers: Mapping[str, str],
    deadline: float,
    most_bytes: int,
) -> Fetched:
    left = max(0.1, deadline - time.monotonic())
    raw = socket.create_connection((address, port), timeout=min(left, 10))
    try:
        if parts.scheme == "https":
            # The certificate must be of the name, the connection is to the address that was checked.
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = raw
        path = parts.path or "/"
        if parts.query:
            path += f"?{parts.query}"
        shown = f"[{host}]" if ":" in host else host
        standard = port == (443 if parts.scheme == "https" else 80)
        told = {
            "Host": shown if standard else f"{shown}:{port}",
            "User-Agent": "Loopwell",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        raw.settimeout(max(0.1, deadline - time.monotonic()))
        connection.request(method, path, body=body, headers=told)
        answer = connection.getresponse()
        content = _read(answer, raw, deadline, most_bytes)
        return Fetched(answer.status, dict(answer.getheaders()), content)
    finally:
        raw.close()


def _read(answer: http.client.HTTPResponse, raw: socket.socket, deadline: float, most_bytes: int) -> bytes:
    """The body, a piece at a time: a server that drips must not hold us longer than agreed."""
    pieces: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        # The response closes its socket by itself when the body has ended.
        if raw.fileno() != -1:
            raw.settimeout(left)
        piece = answer.read1(65_536)
        if not piece:
            return b"".join(pieces)
        size += len(piece)
        if size > most_bytes:
            raise FetchFailed(_("The answer is larger than %(most)s bytes.") % {"most": most_bytes})
        pieces.append(piece)


def _plain(error: Exception) -> str:
    """What went wrong, without the addresses of our own network in it."""
    if isinstance(error, TimeoutError):
        return _("it took too long")
    if isinstance(error, ssl.SSLError):
        return _("its certificate is not valid")
    if isinstance(error, ConnectionError):
        return _("it refused the connection")
    return _("the connection broke")
