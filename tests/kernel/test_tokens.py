import re
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.tokens import derive, digest, new_seed, same

KEYS = st.binary(min_size=16, max_size=64)
SURROGATE = "\ud800"


def test_a_token_is_hmac_sha256_as_published() -> None:
    # RFC 4231, test case 6
    token = derive(b"\xaa" * 131, "Test Using Larger Than Block-Size Key - Hash Key First")
    published = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    assert urlsafe_b64decode(token + "=").hex() == published


@given(KEYS, st.text(), st.text())
def test_a_token_stands_for_its_seed_alone(key: bytes, one: str, other: str) -> None:
    assert (derive(key, one) == derive(key, other)) == (one == other)


@given(KEYS, KEYS, st.text())
def test_another_key_makes_another_token(key: bytes, other: bytes, seed: str) -> None:
    assert (derive(key, seed) == derive(other, seed)) == (key.rstrip(b"\0") == other.rstrip(b"\0"))


@given(KEYS, st.text())
def test_a_token_carries_256_bits_and_is_safe_in_an_address(key: bytes, seed: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", derive(key, seed))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        derive(b"k" * 15, "seed")


def test_a_digest_is_sha256_in_hex_and_does_not_hold_the_token() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_seeds_are_fresh_and_long() -> None:
    seeds = {new_seed() for _ in range(1000)}
    assert len(seeds) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", seed) for seed in seeds)


@given(st.text(), st.text())
def test_only_equal_tokens_are_the_same(one: str, other: str) -> None:
    assert same(one, one)
    assert same(one, other) == (one == other)


def test_a_token_of_broken_text_is_wrong_and_no_error() -> None:
    assert not same(SURROGATE, "token")
    assert len(digest(SURROGATE)) == 64
