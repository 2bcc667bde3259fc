"""Requests on their way to a foreign backend."""

import io
import json
import re
import socket

import pytest

from contract_tests.backends.errors import Unreachable
from contract_tests.backends.selection import urls
from contract_tests.backends.served import ServedBackend
from contract_tests.backends.services import ready_service
from contract_tests.contract.expected import HEALTHY, letters
from contract_tests.http.access import Access, field_lines, parse_fields, tls_settings
from contract_tests.http.errors import BadField
from contract_tests.http.messages import Request, get, post, post_value
from contract_tests.http.sample import IRIS, adapted
from reports.check.results import HIDDEN
from shared.errors import BadSample
from shared.sample import Sample, read_sample
from tests.contract_tests.http.gateways import Gateway, TlsFront
from tests.contract_tests.wrong_backends.mutation import create_right_app

KEY = ("X-Key", "let-me-in-4711")
ALICE = post_value("/api/letter_count", {"name": "Alice"})


@pytest.fixture(scope="module")
def app():
    return create_right_app(ready_service())


@pytest.fixture(scope="module")
def gateway(app):
    server = Gateway(app)
    yield server
    server.close()


@pytest.fixture(scope="module")
def tls(gateway):
    front = TlsFront(int(gateway.url.rpartition(":")[2]))
    yield front
    front.close()


@pytest.fixture
def trusted(tls, tmp_path):
    """Access through TLS, prefix and key."""
    path = tmp_path / "ca.pem"
    tls.authority.cert_pem.write_to_path(path)
    return Access(fields=(KEY,), tls=tls_settings(path))


@pytest.mark.parametrize(
    "line",
    ["secret", ": secret", "X Key: secret", "X-Key: sec\r\nret", "X-Key: \x00secret",
     "Host: secret", "content-length: secret"],
)  # fmt: skip
def test_a_header_field_that_cannot_be_sent_is_refused_and_not_told(line):
    with pytest.raises(BadField) as refused:
        parse_fields([line])
    assert "secret" not in str(refused.value) + repr(refused.value)


def test_requests_get_prefix_and_fields_once():
    access = Access("/v1", parse_fields(["X-Key:  abc ", "Authorization: Bearer xyz"]))
    sent = access.outgoing(b"GET /api/count HTTP/1.1\r\nHost: x\r\nauthorization: own\r\n\r\n")
    assert sent == (
        b"GET /v1/api/count HTTP/1.1\r\nHost: x\r\nX-Key: abc\r\nauthorization: own\r\n\r\n"
    )
    for other in (b'{"name":"Alice"}', b"GET * HTTP/1.1\r\n\r\n", b"GET  /x HTTP/1.1\r\n\r\n"):
        assert access.outgoing(other) == other


def test_values_are_not_written_down():
    """Neither as they are, nor as a backend gives them back."""
    access = Access("/v1", parse_fields(['Cookie: id=ab; token="tok/en<&456"', "X: 1"]))
    recorded = access.recorded(b"GET /api/count HTTP/1.1\r\nHost: x\r\n\r\n").decode()
    assert f"Host: x\r\nCookie: {HIDDEN}\r\nX: {HIDDEN}\r\n\r\n" in recorded
    given_back = "it was tok/en<&456, tok/en%3C%26456, tok/en&lt;&amp;456, X: 1"
    assert access.secrets.hide(given_back) == f"it was {HIDDEN}, {HIDDEN}, {HIDDEN}, X: 1"
    assert access.secrets.hide_bytes(b"\xfftok/en<&456") == b"\xff" + HIDDEN.encode()


@pytest.mark.parametrize(
    ("data", "hidden"),
    [
        (b"it was let-me-in-47", f"it was {HIDDEN}"),
        (b"it was let-", f"it was {HIDDEN}"),
        (b"it was let", "it was let"),
        (b"let-me-in-4711 let-me", f"{HIDDEN} {HIDDEN}"),
    ],
)
def test_the_beginning_of_a_value_is_not_written_down_where_bytes_break_off(data, hidden):
    assert Access(fields=(KEY,)).secrets.hide_bytes(data).decode() == hidden


def test_a_backend_behind_tls_prefix_and_key_is_reached(tls, trusted):
    (source,) = urls([f"{tls.url}/v1"], trusted)
    backend = source.open()
    assert backend.send(get("/api/health")).listed == HEALTHY
    with backend.client() as client:
        assert client.exchange(ALICE).listed == letters("Alice")
        assert client.exchange(ALICE.in_chunks(1)).listed == letters("Alice")
    long = "é" * 200_000
    assert backend.send(post_value("/api/letter_count", {"name": long})).listed == letters(long)
    with backend.connect() as connection:
        connection.send_pipelined([get("/api/health"), ALICE])
        assert connection.read_answer().listed == HEALTHY
        assert connection.read_answer().listed == letters("Alice")
        connection.end()
    assert backend.send_cut(ALICE, 5) is None or backend.send_cut(ALICE, 5).status == 400


def test_an_answer_after_our_end_is_read_over_tls(trusted, tls):
    """TLS can be closed in one direction (RFC 8446 section 6.1)."""
    backend = urls([f"{tls.url}/v1"], trusted)[0].open()
    with backend.connect() as connection:
        connection.send_pipelined([ALICE] * 20)
        connection.half_close()
        assert [a.listed for a in connection.read_answers("POST")] == [letters("Alice")] * 20


def test_readability_over_tls_is_about_answers(trusted, tls):
    """Not about the tickets that a server sends after the handshake."""
    backend = urls([f"{tls.url}/v1"], trusted)[0].open()
    with backend.connect() as connection:
        connection.send_head(ALICE)
        assert not connection.has_answer()
        connection.send(ALICE.content)
        answer = connection.read_answer()
        assert answer.listed == letters("Alice")
        connection.half_close()
        connection.expect_end()
        assert connection.has_answer()


def test_an_authority_that_is_not_trusted_is_told(tls):
    with pytest.raises(Unreachable, match="certificate is not trusted") as refused:
        urls([tls.url], Access(fields=(KEY,)))[0].open()
    assert KEY[1] not in str(refused.value)


def test_certificates_are_not_looked_at_when_asked_not_to(tls):
    access = Access("/v1", (KEY,), tls_settings(verified=False))
    assert urls([tls.url], access)[0].open().send(get("/api/health")).listed == HEALTHY


def test_who_does_not_speak_tls_is_told(gateway):
    url = gateway.url.replace("http:", "https:")
    with pytest.raises(Unreachable, match="TLS fails"):
        urls([url])[0].open()


def test_an_unknown_host_is_told():
    with pytest.raises(Unreachable, match="no host is known by this name"):
        urls(["http://nowhere.invalid"])[0].open()


def test_an_ipv6_address_is_reached():
    """On a machine without IPv6, the address is named as it was given."""
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        with pytest.raises(Unreachable, match=re.escape("http://[::1]:9")):
            urls(["http://[::1]:9"])[0].open()
        return
    with listener:
        url = f"http://[::1]:{listener.getsockname()[1]}"
        with ServedBackend(url, url, deadline_s=5).connect() as connection:
            accepted, _ = listener.accept()
            connection.send_request(get("/api/health"))
            assert f"Host: {url.removeprefix('http://')}\r\n".encode() in accepted.recv(4096)
            accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            accepted.close()
            assert connection.read_answer().content == b"ok"


WIDE = Sample(((1.0, 2.0, 3.5, 4.0, 5.0, 6.0), (0.5,) * 6))
NARROW = Sample(((10.0, 20.0),))


@pytest.mark.parametrize(
    ("sample", "rows", "wanted"),
    [
        (WIDE, b"[5.1,3.5,1.4,0.2]", b"[1.0,2.0,3.5,4.0,5.0,6.0]"),
        (WIDE, b"[],[6.7, 3.1,4.7,1.5]", b"[],[0.5,0.5,0.5,0.5,0.5,0.5]"),
        (WIDE, b'["a",3.5,null,0.2]', b'["a",2.0,null,4.0,5.0,6.0]'),
        (WIDE, b"[-0,3.5,1.4,0.2]", b"[-0,2.0,3.5,4.0,5.0,6.0]"),
        (WIDE, b"[[5.1],{},1.4,0.2]", b"[[5.1],{},3.5,4.0,5.0,6.0]"),
        (WIDE, b"[1,2,3]", b"[1,2,3]"),
        (WIDE, b"[]", b"[]"),
        (WIDE, b'5, "x", {}', b'5, "x", {}'),
        (WIDE, b"[5.1,3.5,1.4,0.2,1]", b"[1.0,2.0,3.5,4.0,1,6.0,1.0]"),
        (NARROW, b"[5.1,3.5,1.4,0.2]", b"[10.0,20.0]"),
        (NARROW, b"[1,2,3]", b"[1]"),
        (NARROW, b"[5.1,3.5,1.4,0.2,1]", b"[10.0,20.0,1.4]"),
    ],
)  # fmt: skip
def test_rows_are_put_into_another_models_words(sample, rows, wanted):
    """A right length stays right, a wrong one wrong, and what was put in by hand stays."""
    wrapped = b'{ "x":[[5.1,3.5,1.4,0.2]], "instances" : [%b] }'
    request = post("/api/predict", wrapped % rows)
    assert adapted(sample, request).content == wrapped % wanted
    in_chunks = adapted(sample, request.in_chunks(5))
    assert in_chunks.whole_content == wrapped % wanted
    assert max(map(len, in_chunks.chunks)) == 5


@pytest.mark.parametrize(
    "request_",
    [
        get("/api/count"),
        post("/api/letter_count", b'{"instances":[[5.1,3.5,1.4,0.2]]}'),
        post("/api/predict", b'{"instances":[[5.1,3.5,1.4,0.2]'),
        post("/api/predict", b'{"instances":' + b"[" * 5000),
        post("/api/predict", b'{"instances":[' + b"[1,2,3,4]," * 3000),
        Request("POST", "/api/predict", chunks=()),
    ],
)
def test_what_is_not_about_rows_stays(request_):
    assert adapted(WIDE, request_) == request_


def test_the_suites_own_model_changes_nothing():
    request = post("/api/predict", b'{"instances":[[5.1,3.5,1.4,0.2]]}')
    assert adapted(IRIS, request) is request


def test_a_sample_is_read(tmp_path):
    path = tmp_path / "sample.json"
    path.write_text('{"rows":[[1,2.5],[3,4]],"predictions":["a",1.5]}')
    sample = read_sample(path)
    assert (sample.rows, sample.predictions) == (((1, 2.5), (3, 4)), ("a", 1.5))
    assert sample.instances(3) == [(1, 2.5), (3, 4), (1, 2.5)]
    assert sample.predicted(3) == ["a", 1.5, "a"]
    path.write_text('{"rows":[[1]]}')
    assert read_sample(path).predicted(2) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"rows":[]}', '{"rows":[[]]}', '{"rows":[[1],[1,2]]}', '{"rows":["ab"]}',
     '{"rows":[[true]]}', '{"rows":5}', '{"rows":[[1]],"predictions":[]}',
     '{"rows":[[1]],"predictions":[null]}'],
)  # fmt: skip
def test_what_is_no_sample_is_refused(tmp_path, text):
    path = tmp_path / "sample.json"
    path.write_text(text)
    with pytest.raises(BadSample, match=re.escape(json.dumps(str(path))[1:-1])):
        read_sample(path)


@pytest.mark.parametrize(
    ("access", "lacking"),
    [
        (Access(), set()),
        (Access(sample=WIDE), {"iris"}),
        (Access(sample=NARROW), {"iris", "four_features"}),
        (Access(sample=Sample(WIDE.rows, (1.5, 2.5))), {"iris", "classes"}),
        (Access(fields=(("authorization", "Bearer abc"),)), {"keyless"}),
    ],
)
def test_what_cannot_be_asked_of_another_model_is_left_out(access, lacking):
    (plain,), (source,) = urls(["http://x"]), urls(["http://x"], access)
    assert plain.offers - source.offers == lacking


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ([], []),
        (["A: 1", "B: @2"], ["A: 1", "B: @2"]),
        (["@-", "A: 1"], ["X: from stdin", "A: 1"]),
        (["@{file}"], ["K: Zo\xeb", "L: 2"]),
    ],
)
def test_a_field_is_taken_from_where_it_stands(tmp_path, given, lines):
    file = tmp_path / "fields"
    file.write_bytes(b"K: Zo\xeb\r\n\n  L: 2  \n")
    found = field_lines([one.format(file=file) for one in given], io.StringIO("X: from stdin\n"))
    assert found == lines


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(OSError, match="missing"):
        field_lines([f"@{tmp_path}/missing"], io.StringIO())
