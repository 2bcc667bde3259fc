"""What repeats a request sends exactly its bytes: as a curl line, or as a script."""

import os
import socket
import subprocess
import sys

import pytest

from contract_tests.http.access import Access, parse_fields
from contract_tests.http.messages import Request, get, post, post_value
from reports.check.results import KEPT_BYTES
from reports.pages.repeat.repeat import repeat
from reports.pages.repeat.target import SERVED_AT, target_of
from tests.programs import need

NAME = "/api/letter_count"
ALICE = post_value(NAME, {"name": "Alice"})
GET = b"GET /api/health HTTP/1.1\r\nHost: x\r\n"


class Listener:
    """Takes one connection's bytes, and answers that there is nothing more."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(20)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.host_field = self.url.removeprefix("http://")

    def received(self, wanted):
        """All that comes; it is answered once as much as is wanted is there, or its end."""
        connection, _ = self._socket.accept()
        with connection:
            connection.settimeout(20)
            data = b""
            while len(data) < len(wanted) and (piece := connection.recv(1024 * 1024)):
                data += piece
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(1024 * 1024):
                data += piece
        return data

    def close(self):
        self._socket.close()


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


def run(again, **variables):
    """The process that repeats it, with no settings of whoever runs this."""
    if again.kind == "curl":
        need("curl")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}
    words = ["sh", "-c", again.text] if again.kind == "curl" else [sys.executable, "-c", again.text]
    return subprocess.Popen(
        words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def sent_by(again, listener, wanted, **variables):
    """All that is sent."""
    with run(again, **variables) as process:
        data = listener.received(wanted)
        _, said = process.communicate(timeout=30)
    assert b"Traceback" not in said, said
    return data


CURL = {
    "get": get("/api/health"),
    "query": get("/api/count?a=1&b=%20'\"$x"),
    "dots": get("/api/../api/./count//"),
    "percent": get("/%61pi/count"),
    "brackets": get("/api/count?{a}[1-3]"),
    "head": Request("HEAD", "/api/count"),
    "options": Request("OPTIONS", "/api/predict"),
    "invented": Request("Get!", "/api/count"),
    "put": Request("PUT", "/api/count", (("X-Two", "a"), ("X-Two", "b"))),
    "post": ALICE,
    "quotes": post(NAME, b"""{"name":"it's \\"$HOME\\" `ls` !x"}"""),
    "unicode": post_value(NAME, {"name": "Zoë 愛 😀"}),
    "at-sign": post(NAME, b"@/etc/hostname"),
    "line-ends": post(NAME, b'{\n\t"name": "a"\n}\n'),
    "no-type": Request("POST", NAME, (), b"{}"),
    "no-content": post(NAME, b""),
    "get-with-content": Request("GET", "/api/count", (("Content-Type", "x/y"),), b"abc"),
    "delete-with-content": Request("DELETE", NAME, (), b"{}"),
    "close": get("/api/health", ("Connection", "close"), ("If-None-Match", '"a", W/"b"')),
    "coding": post(NAME, b"{}", ("Content-Encoding", "gzip, identity")),
}
SCRIPT = {
    "chunked": ALICE.in_chunks(),
    "wrong-length": post(NAME, b"{}", ("Content-Length", "3")),
    "leading-zero": post(NAME, b"{}", ("Content-Length", "02")),
    "expect": ALICE.with_fields(("Expect", "100-continue")),
    "binary": post(NAME, b'{"name":"\xff\x00"}'),
    "carriage-return": post(NAME, b'{"name":"a"}\r\n'),
    "long": post(NAME, b'{"name":"' + "é".encode() * 300_000 + b'"}'),
    "head-with-content": Request("HEAD", "/api/count", (), b"x"),
    "empty-field": get("/api/count", ("X", "")),
}


@pytest.mark.parametrize("request_", CURL.values(), ids=CURL)
def test_a_curl_line_sends_the_same_bytes(listener, request_):
    sent = request_.head_bytes(listener.host_field) + request_.content_bytes()
    again = repeat(sent, target_of(listener.url))
    assert again.kind == "curl", again.text
    assert sent_by(again, listener, sent) == sent


def test_a_curl_line_keeps_http_1_0(listener):
    sent = get("/api/health").head_bytes(listener.host_field, "1.0")
    again = repeat(sent, target_of(listener.url))
    assert again.kind == "curl"
    assert sent_by(again, listener, sent) == sent


@pytest.mark.parametrize("request_", SCRIPT.values(), ids=SCRIPT)
def test_a_script_sends_what_curl_cannot_say(listener, request_):
    sent = request_.head_bytes(listener.host_field) + request_.content_bytes()
    again = repeat(sent, target_of(listener.url))
    assert again.kind == "python", again.text
    assert len(again.text) < 2000
    assert sent_by(again, listener, sent) == sent


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00\x01\x02\xff\r\n\r\n",
        GET + b"\r\n" + GET + b"\r\n",
        GET + b"X : y\r\n\r\n",
        GET + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /api/hea",
        b"G" * 10_000 + b" /api/health HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)  # fmt: skip
def test_a_script_sends_what_is_malformed_and_ends_where_it_ended(listener, sent):
    again = repeat(sent, target_of(listener.url))
    assert again.kind == "python"
    assert sent_by(again, listener, sent) == sent


@pytest.mark.parametrize(("request_", "kind"), [(ALICE, "curl"), (ALICE.in_chunks(), "python")])
def test_hidden_values_come_from_the_environment(listener, request_, kind):
    access = Access(fields=parse_fields(["Authorization: Bearer abc$'\"d", "X-Team: red"]))
    whole = request_.head_bytes(listener.host_field) + request_.content_bytes()
    sent = access.outgoing(whole)
    again = repeat(access.recorded(whole), target_of(listener.url))
    assert again.kind == kind
    assert "abc" not in again.text
    variables = {"AUTHORIZATION": "Bearer abc$'\"d", "X_TEAM": "red"}
    assert sent_by(again, listener, sent, **variables) == sent


def test_a_launched_stack_is_repeated_where_it_is_served():
    sent = ALICE.head_bytes("127.0.0.1:43210") + ALICE.content
    target = target_of("flask:gunicorn")
    assert (target.stack, target.address) == ("flask:gunicorn", SERVED_AT)
    line = repeat(sent, target).text
    assert "43210" not in line
    assert line.endswith(" http://127.0.0.1:5000/api/letter_count")


def test_tls_is_as_it_was(tmp_path):
    url = "https://example.org/v1"
    sent = b"GET /v1/api/health HTTP/1.1\r\nHost: example.org:443\r\n\r\n"
    plain = repeat(sent, target_of(url)).text
    assert "'Host: example.org:443'" in plain
    assert plain.endswith(" https://example.org:443/v1/api/health")
    trusted = target_of(url, tmp_path / "ca.pem")
    assert f"--cacert {tmp_path}/ca.pem" in repeat(sent, trusted).text
    assert f"cafile='{tmp_path}/ca.pem'" in repeat(sent + b"x", trusted).text
    assert "--insecure" in repeat(sent, target_of(url, verified=False)).text


def test_a_script_says_where_not_all_was_kept():
    sent = ALICE.head_bytes("x") + b"x" * KEPT_BYTES
    assert repeat(sent, target_of("http://x")).text.startswith("# The case sent more")
