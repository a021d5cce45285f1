"""Derived tokens: bound, short, unreadable, and made again the same."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import tokens
from accounts.tokens import Claim, derive, read

numbers = st.integers(min_value=0, max_value=2**63 - 1)


@given(numbers, numbers, numbers)
def test_what_was_put_in_comes_out(organization: int, object_id: int, generation: int) -> None:
    token = derive("survey", organization, object_id, generation)
    assert read("survey", token) == Claim(organization, object_id, generation)
    assert token == derive("survey", organization, object_id, generation)


def test_a_token_is_short_and_fit_for_a_url() -> None:
    token = derive("survey", 12, 3_456_789)
    assert len(token) <= 34
    assert token.replace("-", "").replace("_", "").isalnum()


def test_a_token_opens_nothing_but_its_purpose() -> None:
    assert read("unsubscribe", derive("survey", 1, 2)) is None
    assert read("surve", derive("survey", 1, 2)) is None


def test_each_organization_object_and_generation_has_another_token() -> None:
    made = {derive("survey", o, i, g) for o in range(5) for i in range(5) for g in range(5)}
    assert len(made) == 125


def test_neighbours_have_nothing_in_common_so_that_nobody_counts_invitations() -> None:
    one, other = derive("survey", 1, 1000), derive("survey", 1, 1001)
    same = sum(a == b for a, b in zip(one, other, strict=True))
    assert same < 12


def test_no_change_of_a_token_is_accepted() -> None:
    token = derive("survey", 7, 70_000)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = [
        (place, letter)
        for place in range(len(token))
        for letter in alphabet
        if letter != token[place] and read("survey", token[:place] + letter + token[place + 1 :]) is not None
    ]
    assert accepted == []


@pytest.mark.parametrize("length", [0, 1, 19, 20, 32, 33, 34, 80, 81, 10_000])
def test_rubbish_is_no_token(length: int) -> None:
    rng = random.Random(length)
    for _ in range(200):
        text = "".join(rng.choice("ABCdef012-_=+/ %\x00é") for _ in range(length))
        assert read("survey", text) is None
    token = derive("survey", 1, 2)
    for spelled in (token + "=", token + "\n", " " + token, token[:-1], token + "A", token.swapcase()):
        assert read("survey", spelled) is None


def test_old_tokens_are_read_after_a_new_key_and_new_ones_use_it(settings: Any) -> None:
    settings.TOKEN_KEYS = {"1": "first"}
    tokens._keys.cache_clear()
    old = derive("survey", 1, 2)
    settings.TOKEN_KEYS = {"1": "first", "2": "second"}
    tokens._keys.cache_clear()
    new = derive("survey", 1, 2)
    assert old != new and read("survey", old) == read("survey", new) == Claim(1, 2, 1)
    settings.TOKEN_KEYS = {"2": "second"}
    tokens._keys.cache_clear()
    assert read("survey", old) is None and read("survey", new) == Claim(1, 2, 1)
    settings.TOKEN_KEYS = {"1": "stolen", "2": "second"}
    tokens._keys.cache_clear()
    assert read("survey", old) is None


@pytest.fixture(autouse=True)
def fresh_keys() -> Any:
    yield
    tokens._keys.cache_clear()
