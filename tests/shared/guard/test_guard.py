"""Who is admitted, and that no key is told to anybody."""

import asyncio
import hmac
import logging

import pytest

from shared.errors import KeysFileUnusable
from shared.guard.guard import Guard, open_guard, read_keys
from shared.problems import RateLimited, Unauthorized
from shared.settings import GuardSettings

SECRET = "my-secret~key_1.2+3/4=="


@pytest.fixture
def keys_file(tmp_path):
    """Writes a file of keys."""

    def write(content: bytes):
        path = tmp_path / "keys"
        path.write_bytes(content)
        return path

    return write


def test_keys_are_one_a_line(keys_file):
    """Blanks around them, blank lines and either line end mean nothing; one key twice is one."""
    path = keys_file(b"one\r\n\n  two== \t\n\t\none\nthree")
    assert read_keys(path) == ("one", "two==", "three")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no key"),
        (b" \n\r\n", "holds no key"),
        (f"{SECRET}\n{SECRET} {SECRET}\n".encode(), "has on line 2 what is no bearer token"),
        (f"\n{SECRET},".encode(), "has on line 2 what is no bearer token"),
        (f"={SECRET}".encode(), "has on line 1 what is no bearer token"),
        (f"{SECRET}é".encode(), "holds more than ASCII"),
        (f"{SECRET}\0".encode(), "has on line 1 what is no bearer token"),
    ],
)
def test_a_wrong_file_of_keys_is_one_sentence_without_a_key(keys_file, content, reason):
    path = keys_file(content)
    with pytest.raises(KeysFileUnusable) as caught:
        read_keys(path)
    said = str(caught.value)
    assert said.startswith(f"The file of API keys {path} {reason}")
    assert said.endswith("; write one key a line into it.")
    assert SECRET not in said + repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(KeysFileUnusable, match=r"keys cannot be read \(No such file"):
        read_keys(tmp_path / "keys")
    with pytest.raises(KeysFileUnusable, match=r"cannot be read \(Is a directory"):
        read_keys(tmp_path)


def test_every_key_is_compared_in_constant_time_whichever_is_right(monkeypatch):
    compared = []

    def spy(one, other):
        compared.append((len(one), len(other)))
        return compare(one, other)

    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", spy)
    guard = Guard(["first", "second", "third"], limit=None)
    guard.admit(["Bearer first"], None)
    for wrong in ("Bearer x", "Bearer " + "x" * 5000, "Basic first", ""):
        with pytest.raises(Unauthorized):
            guard.admit([wrong], None)
    assert compared == [(32, 32)] * 3 * 5


@pytest.mark.parametrize("fields", [[], [""], ["Bearer k", "Bearer k"], ["Bearer k,Bearer k"]])
def test_one_field_with_one_key_is_asked_for(fields):
    with pytest.raises(Unauthorized):
        Guard(["k"], limit=None).admit(fields, "192.0.2.1")


def test_any_of_the_keys_admits_over_either_interface():
    guard = Guard(["first", "second"], limit=None)
    for key in ("first", "second"):
        guard.admit([f" bearer   {key}\t"], None)
        asyncio.run(guard.admit_async([f"Bearer {key}"], ("192.0.2.1", 50000)))


def guard_of(**settings):
    return open_guard(GuardSettings(**settings), workers=1)


def test_without_keys_addresses_have_limits_of_their_own():
    guard = guard_of(rate_limit="1/hour")
    guard.admit([], "192.0.2.1")
    asyncio.run(guard.admit_async(["Bearer ignored"], ("192.0.2.2", 50000)))
    guard.admit([], None)
    asyncio.run(guard.admit_async([], ("192.0.2.3", 50000)))
    for address in ("192.0.2.1", "192.0.2.2", None):
        with pytest.raises(RateLimited):
            guard.admit(["Bearer other"], address)
    with pytest.raises(RateLimited):
        asyncio.run(guard.admit_async([], None))


def test_keys_have_limits_of_their_own_whatever_the_address(keys_file):
    path = keys_file(b"first\nsecond\n")
    guard = guard_of(api_keys_file=path, rate_limit="1/hour")
    for key in ("first", "second"):
        guard.admit([f"Bearer {key}"], "192.0.2.1")
        with pytest.raises(RateLimited):
            guard.admit([f"BEARER {key}"], "192.0.2.2")


def test_who_is_refused_takes_nothing_from_the_limit(keys_file):
    guard = guard_of(api_keys_file=keys_file(b"first\n"), rate_limit="1/hour")
    for _ in range(3):
        with pytest.raises(Unauthorized):
            guard.admit(["Bearer wrong"], "192.0.2.1")
    guard.admit(["Bearer first"], "192.0.2.1")


def test_no_key_is_in_what_can_be_printed_or_logged(keys_file, caplog):
    caplog.set_level(logging.DEBUG)
    guard = guard_of(api_keys_file=keys_file(SECRET.encode()), rate_limit="1/hour")
    guard.admit([f"Bearer {SECRET}"], None)
    errors = []
    for value in (f"Bearer {SECRET}", f"Basic {SECRET}"):
        with pytest.raises((RateLimited, Unauthorized)) as caught:
            guard.admit([value], None)
        errors += [str(caught.value), repr(caught.value), str(caught.value.document())]
    told = caplog.text + repr(vars(guard)) + repr(vars(guard._limit)) + "".join(errors)
    assert SECRET not in told
