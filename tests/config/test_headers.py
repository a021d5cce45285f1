"""What every answer carries."""

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_every_page_has_a_policy_with_a_nonce_of_its_own() -> None:
    policies = [Client().get("/mailbox").headers["Content-Security-Policy"] for _ in range(2)]
    nonces = [re.search(r"script-src 'nonce-([\w-]{20,})'", policy).group(1) for policy in policies]  # type: ignore[union-attr]
    assert nonces[0] != nonces[1]
    for policy in policies:
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


def test_the_scripts_of_a_page_carry_its_nonce() -> None:
    page = Client().get("/mailbox")
    nonce = re.search(r"nonce-([\w-]+)", page.headers["Content-Security-Policy"]).group(1)  # type: ignore[union-attr]
    scripts = re.findall(r"<script[^>]*>", page.content.decode())
    assert scripts
    assert all(f'nonce="{nonce}"' in script for script in scripts)


def test_pages_are_never_kept_by_anybody() -> None:
    for path in ("/mailbox", "/health", "/no-such-page"):
        assert "no-store" in Client().get(path).headers["Cache-Control"], path


def test_hard_headers_are_there() -> None:
    headers = Client().get("/health").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
