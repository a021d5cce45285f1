"""Addresses that a tenant chose lead outside, never inside."""
# ruff: noqa: E501

import ast
import ipaddress
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from accounts import fetching
from accounts.fetching import FetchFailed, FetchRefused, safe_fetch

ROOT = Path(__file__).resolve().parents[2]

LOOPBACK = [
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "127.255.255.254", "0", "0.0.0.0", "2130706433", "017700000001",
    "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "0177.0.0.01", "127.0.0.1.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "foo.localhost", "a.b.localhost.",
    "127.000.000.001", "00127.0.0.1", "%31%32%37.0.0.1", "127%2e0.0.1", "①②⑦.0.0.1", "127。0。0。1", "127．0．0．1",
]  # fmt: skip
PRIVATE = [
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.1.254", "169.254.0.1",
    "169.254.169.254", "169.254.170.2", "168.63.129.16", "100.64.0.1", "100.100.100.200", "100.127.255.254", "192.0.0.1",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.254", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "0.0.0.1", "0.1.2.3", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]",
    "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fec0::1]", "[ff02::1]", "[ff05::2]", "[2001:db8::1]", "[100::1]",
    "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::10.0.0.1]", "[2002:a9fe:a9fe::]", "[2002:c0a8:101::]", "[2002:0a00:0001::]", "[2001:2::1]", "[2001:10::1]",
    "2852039166", "0xa9fea9fe", "025177524776", "0xA9.0xFE.0xA9.0xFE", "169.254.43518", "3232235521", "10.1", "192.168.257",
    "metadata", "metadata.google.internal", "metadata.internal", "instance-data", "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local", "printer.local", "router.lan", "nas.home", "db.corp", "box.home.arpa",
    "wiki.intranet", "hidden.onion", "postgres", "redis", "db", "web", "valkey",
]  # fmt: skip
SHAPES = [
    "ftp://example.com/", "file:///etc/passwd", "file://localhost/etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:6379/INFO", "ldap://127.0.0.1/", "tftp://127.0.0.1/x", "jar:http://127.0.0.1!/", "data:text/plain,x",
    "javascript:alert(1)", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "ws://127.0.0.1/",
    "//127.0.0.1/", "127.0.0.1", "http:127.0.0.1", "http:/127.0.0.1/", "http:///127.0.0.1/", "http://", "https://", "http://:80/",
    "http://user@127.0.0.1/", "http://user:password@example.com/", "http://example.com@127.0.0.1/",
    "http://127.0.0.1:80@example.com/", "http://example.com%40127.0.0.1/", "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/", "http://127.0.0.1#@example.com/", "http://127.0.0.1?@example.com/",
    "http://127.0.0.1;@example.com/", "http://example.com:22/", "http://example.com:25/", "http://example.com:5432/",
    "http://example.com:6379/", "http://example.com:11211/", "http://example.com:0/", "http://example.com:65536/",
    "http://example.com:-1/", "http://example.com:x/", "http://example.com:80:80/", "https://example.com:80/",
    "http://exa mple.com/", "http://example.com/\r\nX-Evil: 1", "http://example.com\r\n.evil.example/", "http://example.com\t/",
    "http://\x00example.com/", "http://example.com\x00.evil.example/", " http://127.0.0.1/", "http://[::1", "http://::1/",
    "http://[::1]:6379/", "http://[127.0.0.1]/", "http://[::ffff:127.0.0.1]:80/", "http://1.1.1.1 &@127.0.0.1#@x/", "http://.../",
    "http://-example.com/", "http://example..com/", "http://example.c/", "http://_x.example.com/", "http://" + "a" * 300 + ".com/",
    "http://" + "a." * 130 + "com/", "http://example.com/" + "a" * 3000, "http://ⓔⓧⓐⓜⓟⓛⓔ.com/", "http://münchen.example/", "",
    "http://0/", "http://00000000000/", "http://0x/", "http://127.0.0.1.:80/", "http://*.example.com/",
]  # fmt: skip
HOSTILE = (
    [f"http://{host}/" for host in LOOPBACK + PRIVATE]
    + [f"https://{host}/latest/" for host in PRIVATE[:20]]
    + SHAPES
)
# Names that look public and answer with an inner address: what a resolver under an attacker says.
REBINDING = [
    "127.0.0.1",
    "169.254.169.254",
    "10.0.0.7",
    "::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    "100.64.0.9",
]


@pytest.fixture
def connections(monkeypatch):
    """Every connection that anything tries, caught before it leaves."""
    tried = []

    def caught(self, address):
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", caught)
    monkeypatch.setattr(socket.socket, "connect_ex", caught)
    return tried


@pytest.fixture
def resolver(monkeypatch):
    """A resolver of our own: no test asks the network. Numbers resolve as the C library would."""
    answers: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host, port, *args, **kwargs):
        if host in answers:
            family = {4: socket.AF_INET, 6: socket.AF_INET6}
            return [
                (family[ipaddress.ip_address(each).version], socket.SOCK_STREAM, 6, "", (each, port))
                for each in answers[host]
            ]
        if host.replace(".", "").replace(":", "").isalnum() and not host[0].isalpha():
            return real(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


def test_there_are_at_least_150_hostile_addresses():
    assert len(set(HOSTILE)) >= 150


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_any_connection(url, connections, resolver):
    with pytest.raises((FetchRefused, FetchFailed)):
        safe_fetch(url)
    assert connections == []


@pytest.mark.parametrize("address", REBINDING)
def test_a_public_name_that_answers_with_an_inner_address_is_refused(address, connections, resolver):
    resolver["feed.example.com"] = [address]
    with pytest.raises(FetchRefused):
        safe_fetch("https://feed.example.com/")
    resolver["feed.example.com"] = ["93.184.215.14", address]
    with pytest.raises(FetchRefused):
        safe_fetch("https://feed.example.com/")
    assert connections == []


def test_control_without_the_check_the_same_addresses_do_reach_inside(connections, resolver, monkeypatch):
    """The rig would see it: with the judgement switched off, inner addresses are connected to."""
    monkeypatch.setattr(fetching, "is_outside", lambda address: True)
    monkeypatch.setattr(fetching, "INNER_NAMES", ())
    resolver["feed.example.com"] = ["127.0.0.1"]
    for url in ("http://127.0.0.1/", "http://169.254.169.254/", "http://[::1]/", "http://feed.example.com/"):
        with pytest.raises(FetchFailed):
            safe_fetch(url)
    assert [address[0] for address in connections] == ["127.0.0.1", "169.254.169.254", "::1", "127.0.0.1"]


def test_the_connection_goes_to_the_address_that_was_checked(connections, resolver, monkeypatch):
    """A name that answers differently the second time is not asked a second time."""
    asked = []
    real = socket.getaddrinfo

    def turncoat(host, port, *args, **kwargs):
        if host == "feed.example.com":
            asked.append(host)
            answer = "93.184.215.14" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", turncoat)
    with pytest.raises(FetchFailed):
        safe_fetch("http://feed.example.com/")
    assert [address[0] for address in connections] == ["93.184.215.14"]
    assert asked == ["feed.example.com"]


class Place(BaseHTTPRequestHandler):
    """A small server on loopback that behaves well, or badly."""

    def do_GET(self):
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/")
            self.end_headers()
        elif self.path == "/large":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 300_000)
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _drop in range(200):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.02)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"well")

    do_POST = do_GET

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def place(settings):
    server = HTTPServer(("127.0.0.1", 0), Place)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings.OUTGOING_TEST_HOSTS = [f"127.0.0.1:{server.server_port}"]
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_place_opened_for_tests_answers(place):
    assert safe_fetch(f"{place}/").content == b"well"
    assert safe_fetch(f"{place}/", method="POST", body=b"{}").ok


def test_a_redirect_is_an_answer_and_is_not_followed(place):
    answer = safe_fetch(f"{place}/away")
    assert (answer.status, answer.ok) == (302, False)


def test_an_answer_that_is_too_large_is_given_up(place):
    with pytest.raises(FetchFailed, match="larger than 100000"):
        safe_fetch(f"{place}/large", most_bytes=100_000)


def test_a_server_that_drips_is_given_up(place):
    with pytest.raises(FetchFailed, match="too long"):
        safe_fetch(f"{place}/drip", seconds=0.3)


def test_only_the_place_named_is_open(place, settings):
    with pytest.raises(FetchRefused):
        safe_fetch("http://127.0.0.1:1/")


# The lint rule: nothing else in our code opens connections.
CLIENTS = {
    "requests",
    "httpx",
    "urllib3",
    "aiohttp",
    "http.client",
    "urllib.request",
    "socket",
    "ftplib",
    "telnetlib",
}
# Each with its reason: it talks to fixed places of the operator, or makes no outgoing connection at all.
ALLOWED = {
    "accounts/fetching.py": "the one way out",
    "outreach/delivery/smtp.py": "the operator's mail server",
}


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found & CLIENTS


def _outgoing(root: Path) -> dict[str, set[str]]:
    return {
        str(path.relative_to(root)): clients
        for app in ("accounts", "segments", "surveys", "outreach")
        for path in (root / app).rglob("*.py")
        if (clients := _imports(path))
    }


def test_no_other_module_of_the_apps_has_a_client_of_its_own():
    others = {path: clients for path, clients in _outgoing(ROOT).items() if path not in ALLOWED}
    assert others == {}


def test_control_a_module_with_a_client_of_its_own_is_found(tmp_path):
    for app in ("accounts", "segments", "surveys", "outreach"):
        (tmp_path / app).mkdir()
    (tmp_path / "segments" / "pulling.py").write_text("from urllib import request\n")
    (tmp_path / "outreach" / "hooks.py").write_text("def send():\n    import requests\n")
    assert set(_outgoing(tmp_path)) == {"segments/pulling.py", "outreach/hooks.py"}
