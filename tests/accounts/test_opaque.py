"""Ids as the API shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.opaque import PREFIXES, decode, encode


@given(st.integers(min_value=1, max_value=2**63 - 1), st.sampled_from(sorted(PREFIXES)))
def test_an_id_comes_back(id: int, kind: str) -> None:
    text = encode(kind, id)
    assert decode(kind, text) == id
    assert len(text) == 15 and text.startswith(PREFIXES[kind] + "_")


def test_ids_stay_the_same_for_ever_because_others_store_them() -> None:
    assert encode("customer", 1) == "cus_HDK8CxtDcpS"
    assert encode("response", 123_456_789) == "res_3bnYxuKnZrI"


def test_neighbours_do_not_look_alike() -> None:
    shown = [encode("customer", n) for n in range(1, 2000)]
    assert len(set(shown)) == len(shown)
    assert shown != sorted(shown)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "cus_",
        "cus_7",
        "seg_00000000000",
        "cus_0000000000!",
        "cus_zzzzzzzzzzz",
        "CUS_00000000000",
        None,
        7,
        [],
    ],
)
def test_what_is_no_id_of_this_kind_is_missing(text: object) -> None:
    assert decode("customer", text) is None or decode("customer", text) != 7


def test_an_id_of_another_kind_is_missing() -> None:
    assert decode("segment", encode("customer", 7)) is None


def test_no_two_kinds_share_a_prefix() -> None:
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert {len(prefix) for prefix in PREFIXES.values()} == {3}
