"""Promises of API keys: recognisable, checked before any look-up, and stored only as a hash."""

import re
from uuid import UUID

import pytest

from app import services

KEY = services.make_key("LIVE", UUID(int=2**127 + 12345))


def test_a_key_can_be_recognised_by_its_form() -> None:
    assert re.fullmatch(r"spd_live_[0-9a-z]{26}_[0-9A-Za-z]{38}", KEY.text)
    assert services.make_key("TEST", UUID(int=1)).text.startswith("spd_test_")


def test_a_key_is_read_as_it_was_made() -> None:
    presented = services.parse_key(KEY.text)
    assert presented is not None
    assert (presented.key_id, presented.mode) == (KEY.key_id, "LIVE")
    assert services.verify_secret(presented, KEY.secret_hash)


def test_no_two_keys_share_a_secret() -> None:
    hashes = {services.make_key("TEST", UUID(int=1)).secret_hash for _ in range(100)}
    assert len(hashes) == 100


def test_the_secret_is_shown_nowhere_but_in_the_text() -> None:
    secret = KEY.text.rpartition("_")[2][:32]
    presented = services.parse_key(KEY.text)
    assert secret not in repr(KEY) + repr(presented) + KEY.secret_hash


@pytest.mark.parametrize("place", range(len(KEY.text)))
def test_a_mistyped_key_is_found_out_without_a_look_up(place: int) -> None:
    other = "0" if KEY.text[place] != "0" else "1"
    assert services.parse_key(KEY.text[:place] + other + KEY.text[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "x", KEY.text[:-1], KEY.text + "0", KEY.text + "\n", KEY.text.upper(), "é" * 78])
def test_what_is_no_key_is_none(text: str) -> None:
    assert services.parse_key(text) is None


@pytest.mark.parametrize("stored", [None, "", "0" * 64, services.make_key("LIVE", UUID(int=1)).secret_hash])
def test_another_hash_never_matches(stored: str | None) -> None:
    presented = services.parse_key(KEY.text)
    assert presented is not None
    assert not services.verify_secret(presented, stored)
