"""Drawn requests are of their kind: well-formed where they must be, and varied."""

import re
from collections import Counter
from dataclasses import replace
from urllib.parse import unquote_to_bytes

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from contract_tests.fuzz import contents, heads
from contract_tests.fuzz.requests import GUARDED, LOADING, MAIN, Facts, sequences
from contract_tests.fuzz.sent import Raw
from contract_tests.fuzz.weights import weighted
from shared.contract import ROUTE_BY_PATH

FACTS = Facts(24 * 1024, '"etag"')
KEYS = ((), ("key-0", "key-1"))
METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# RFC 3986 section 3.3 and 3.4: pchar, slashes, and a query.
TARGET = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(?:\?[\x21-\x7e]*)?")
FIELD_NAME = METHOD
FIELD_VALUE = re.compile(r"|[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")


def drawn(strategy, number=150, first_seed=1):
    """Examples, the same each time."""
    examples = []

    @seed(first_seed)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def note(example):
        examples.append(example)

    note()
    return examples


@pytest.fixture(scope="module")
def exchanges():
    """Of all kinds, as they are mixed."""
    mixes = [(dict.fromkeys(MAIN, 1), 150), (LOADING, 20), (GUARDED, 20)]
    return [
        sent
        for kinds, number in mixes
        for sequence in drawn(sequences(replace(FACTS, keys=KEYS[kinds is GUARDED]), kinds), number)
        for sent in sequence
    ]


def test_the_same_seed_draws_the_same():
    strategy = sequences(FACTS, MAIN)
    assert drawn(strategy, 20, 7) == drawn(strategy, 20, 7) != drawn(strategy, 20, 8)


def test_a_weight_says_how_often():
    """Whatever a strategy is made of: a branch of it is no alternative of its own."""
    odd = st.sampled_from("bcd") | st.sampled_from("efg") | st.sampled_from("hij")
    choices = weighted((4, st.just("a")), (1, odd))
    counts = Counter("".join(drawn(st.text(choices, min_size=20, max_size=20))))
    assert 0.7 < counts["a"] / counts.total() < 0.9
    assert len(counts) == 10


def test_requests_are_well_formed(exchanges):
    """Bytes that a server may refuse to parse are in raw bytes only."""
    requests = [r for sent in exchanges if not isinstance(sent, Raw) for r in sent.requests]
    assert len(requests) > 500
    for request in requests:
        assert METHOD.fullmatch(request.method), request
        assert TARGET.fullmatch(request.target), request
        for name, value in request.fields:
            assert FIELD_NAME.fullmatch(name), request
            assert FIELD_VALUE.fullmatch(value), request
        assert sum(name.lower() == "content-type" for name, _ in request.fields) <= 1


def test_every_way_to_travel_is_taken(exchanges):
    ways = Counter()
    for sent in exchanges:
        if isinstance(sent, Raw):
            ways["cut" if not sent.acted_on else "raw"] += 1
            continue
        ways["1.0"] += sent.version == "1.0"
        ways["pieces"] += len(sent.writes("x")) > 1
        ways["pipelined"] += len(sent.requests) > 1
        ways["withheld"] += sent.withheld
        ways["chunked"] += any(request.chunks is not None for request in sent.requests)
        ways["authorized"] += any(
            name.lower() == "authorization" for r in sent.requests for name, _ in r.fields
        )
    assert all(ways.values()), ways


def test_pieces_are_the_whole(exchanges):
    for sent in exchanges:
        if not isinstance(sent, Raw):
            whole = b"".join(
                request.head_bytes("x", sent.version)
                + (b"" if sent.withheld else request.content_bytes())
                for request in sent.requests
            )
            assert b"".join(sent.writes("x")) == whole


def test_what_breaks_off_lacks_an_end(exchanges):
    cut = [sent.data for sent in exchanges if isinstance(sent, Raw) and not sent.acted_on]
    assert cut
    for data in cut:
        head, _, content = data.partition(b"\r\n\r\n")
        declared = re.search(rb"Content-Length: (\d+)", head)
        if declared:
            assert len(content) < int(declared[1])
        else:
            assert not content.endswith(b"0\r\n\r\n") or content.count(b"0\r\n\r\n") > 1


@pytest.mark.parametrize(
    ("table", "least", "most"),
    [(contents.RIGHT, 0.75, 0.99), (contents.INVALID, 0.5, 0.97), (contents.MALFORMED, 0.1, 0.5)],
    ids=["right", "invalid", "malformed"],
)
@pytest.mark.parametrize("operation", ["letter_count", "predict"])
def test_so_many_texts_are_json(table, least, most, operation):
    texts = drawn(table[operation], 300)
    good = sum(map(is_json, texts)) / len(texts)
    assert least <= good <= most
    assert len(set(texts)) > len(texts) / 2


def is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def test_a_spelled_target_means_its_path():
    targets = drawn(heads.TARGETS, 200)
    paths = {unquote_to_bytes(target.partition("?")[0]).decode() for target in targets}
    assert paths == ROUTE_BY_PATH.keys()
    assert len(set(targets)) > 60


def test_other_targets_are_mostly_unknown():
    targets = drawn(heads.other_targets(), 200)
    known = [t for t in targets if unquote_to_bytes(t.partition("?")[0]).decode("latin-1") in PATHS]
    assert 0 < len(known) < 60


PATHS = set(ROUTE_BY_PATH)
