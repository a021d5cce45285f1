"""Logs tell what happened, not to whom, and open no door."""

import pytest

from config.logs import veil


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Not Found: /s/AbC-123_x", "Not Found: /s/..."),
        ("GET /u/tok.en/confirm?x=1", "GET /u/.../confirm?x=1"),
        ("/p/abc and /i/def", "/p/... and /i/..."),
        ("key lw_live_abcDEF123-_x refused", "key lw_live_... refused"),
        ("550 ann.o'hara+x@shop.example unknown", "550 ann.o'<address> unknown"),
        ("/surveys/12/ and /segments/5/", "/surveys/12/ and /segments/5/"),
    ],
)
def test_tokens_keys_and_addresses_are_veiled(said: str, kept: str) -> None:
    assert veil(said) == kept
