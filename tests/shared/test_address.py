"""Addresses that people write: which are understood, as what, and what is never written down."""

import socket

import pytest

from shared.address import host_field, listen_hosts, parse_address, reachable_host
from shared.errors import BadHost, BadUrl


@pytest.mark.parametrize(
    ("url", "prefix", "address"),
    [
        ("http://127.0.0.1:5000", "", "http://127.0.0.1:5000"),
        ("http://127.0.0.1:5000/", "", "http://127.0.0.1:5000"),
        ("HTTP://LOCALHOST:5000//", "", "http://localhost:5000"),
        ("http://example.org", "", "http://example.org:80"),
        ("https://example.org/", "", "https://example.org:443"),
        ("https://example.org/v1/", "", "https://example.org:443/v1"),
        ("https://example.org/a", "/b/", "https://example.org:443/a/b"),
        ("http://[::1]:5000/v1", "", "http://[::1]:5000/v1"),
        ("http://bücher.example", "", "http://xn--bcher-kva.example:80"),
    ],
)
def test_a_url_is_understood(url, prefix, address):
    assert str(parse_address(url, prefix)) == address


@pytest.mark.parametrize(
    "url",
    ["", "no address", "ftp://x", "http://", "http://x:port", "http://x/?a=b", "http://x/#a",
     "http://x:99999", "http://x:0", "http://x/a b", "127.0.0.1:5000", "http://[::1",
     "http://a..b", f"http://{'a' * 64}"],
)  # fmt: skip
def test_what_is_no_url_of_a_backend_is_refused(url):
    with pytest.raises(BadUrl, match="is no address of a backend"):
        parse_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@example.org",
        "http://user:sec/ret@example.org/",
        "http://user:sec?ret@example.org",
        "http://user:sec#ret@example.org",
        "http://user:s@ecret@example.org",
        "user:secret@example.org:5000",
        "http://example.org/?token=secret",
        "http://example.org/#secret",
        "//user:secret@example.org",
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_told(url):
    with pytest.raises(BadUrl) as refused:
        parse_address(url)
    told = str(refused.value) + repr(refused.value)
    assert "example.org" in told
    assert "sec" not in told
    assert "ret" not in told


def test_a_password_is_pointed_to_header_fields():
    with pytest.raises(BadUrl, match="--header"):
        parse_address("https://user:secret@example.org")


def test_tls_is_refused_where_only_plain_http_is_spoken():
    assert parse_address("http://x/v1", plain=True).prefix == "/v1"
    with pytest.raises(BadUrl, match="'https://x' asks for TLS"):
        parse_address("https://x", plain=True)


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("http://x", "x"),
        ("http://x:80", "x"),
        ("https://x:80", "x:80"),
        ("http://[::1]:5", "[::1]:5"),
    ],
)
def test_the_port_of_a_scheme_is_left_out_of_the_host_field(url, field):
    assert parse_address(url).usual_host_field == field


@pytest.mark.parametrize(
    ("host", "listens_on"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("::", "::"),
        ("[::]", "::"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
    ],
)
def test_an_ip_address_is_listened_on_as_it_is(host, listens_on):
    assert listen_hosts(host) == [listens_on]


def test_localhost_is_listened_on_by_ipv4():
    assert listen_hosts("localhost")[0] == "127.0.0.1"


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned round"])
def test_the_choice_among_a_names_addresses_is_that_of_no_resolver(turned, monkeypatch):
    v4, v6 = ["10.0.0.9", "127.0.0.1"], ["::1", "fd00::2"]
    found = [(socket.AF_INET6, 1, 6, "", (ip, 0, 0, 0)) for ip in v6]
    found += [(socket.AF_INET, 1, 6, "", (ip, 0)) for ip in v4]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found[::-1] if turned else found)
    assert listen_hosts("name") == v4 + v6


@pytest.mark.parametrize(
    "host",
    ["", "[]", "no-such-host.invalid", "127.0.0.1:1", "http://127.0.0.1", "a..b", "a" * 64, "\0"],
)
def test_what_is_no_host_is_refused_in_a_sentence(host):
    with pytest.raises(BadHost, match=r"^cannot listen on '"):
        listen_hosts(host)


def test_an_address_with_a_zone_is_refused(monkeypatch):
    zoned = [(socket.AF_INET6, 1, 6, "", ("fe80::1", 0, 0, 2))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: zoned)
    with pytest.raises(BadHost, match="with a zone"):
        listen_hosts("fe80::1%eth0")


def test_a_server_on_all_addresses_is_reached_on_the_loopback():
    assert reachable_host("0.0.0.0") == "127.0.0.1"
    assert reachable_host("::") == "::1"
    assert reachable_host("192.0.2.1") == "192.0.2.1"


def test_an_ipv6_host_is_written_in_brackets():
    assert host_field("::1", 80) == "[::1]:80"
    assert host_field("127.0.0.1", 80) == "127.0.0.1:80"
