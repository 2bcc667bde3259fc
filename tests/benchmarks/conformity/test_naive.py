"""The naive applications: one beside each stack, right where requests are right, and no more."""

import pytest

from benchmarks.conformity import pairs as pairing
from benchmarks.conformity.pairs import NAIVE, find_pairs
from contract_tests.backends.in_process import AsgiBackend, WsgiBackend
from contract_tests.backends.services import ready_service
from contract_tests.http.messages import get, post, post_value
from implementations.catalogue import all_stacks
from implementations.entry import read_entry

NAIVE_ENTRIES = {entry.name: entry for entry in map(read_entry, NAIVE)}


def test_each_stack_has_one_of_the_same_framework_and_server_or_is_left_out():
    pairs, left_out = find_pairs()
    assert sorted(
        [pair.conforming.name for pair in pairs] + [one.split()[0] for one in left_out]
    ) == (sorted(stack.name for stack in all_stacks()))
    assert {pair.naive.entry.name for pair in pairs} == set(NAIVE_ENTRIES)
    for pair in pairs:
        ours, naive = pair.conforming.entry, pair.naive.entry
        assert naive.name == f"{ours.name}-naive"
        assert pair.naive.server == pair.conforming.server
        assert (naive.package, naive.model_call) == (ours.package, ours.model_call)


def test_a_stack_without_one_is_left_out_with_the_reason(monkeypatch):
    monkeypatch.setattr(pairing, "NAIVE", [path for path in NAIVE if path.name != "flask"])
    found, left_out = find_pairs(["flask", "falcon"])
    assert [pair.conforming.name for pair in found] == ["falcon:gunicorn"]
    assert left_out == ["flask:gunicorn is left out: there is no naive application flask-naive"]


@pytest.fixture(scope="module")
def service():
    return ready_service()


@pytest.mark.parametrize("name", NAIVE_ENTRIES)
def test_naive_application_answers_what_the_contract_asks(name, service):
    """The values; the load engine compares them under load too."""
    entry = NAIVE_ENTRIES[name]
    kind = WsgiBackend if entry.interface == "wsgi" else AsgiBackend
    backend = kind(name, entry.create_app, service)
    counts = [backend.send(get("/api/count")).content for _ in range(2)]
    assert counts == [b'{"count":1}', b'{"count":2}']
    named = backend.send(post_value("/api/letter_count", {"name": "Zoë"}))
    assert named.json() == {"name": "Zoë", "letter_count": 3}
    assert backend.send(post("/api/letter_count", b"{}")).json() == {"name": "", "letter_count": 0}
    rows = [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]
    assert backend.send(post_value("/api/predict", {"instances": rows})).json() == (
        service.require_model().answer(rows)
    )
