"""What is told of wrong answers to JSON texts, and how a backend is asked that closes."""

from contextlib import contextmanager, nullcontext

import pytest

from contract_tests.backends.base import KeptClient
from contract_tests.backends.in_process import WsgiBackend
from contract_tests.backends.services import ready_service
from contract_tests.contract.expected import NOT_FOUND
from contract_tests.http.errors import BrokenAnswer
from contract_tests.http.messages import get
from contract_tests.suite.json_texts.asking import wrong_answers
from contract_tests.suite.json_texts.groups import GROUPS
from tests.contract_tests.wrong_backends.mutation import create_right_app, mutated, on_content
from tests.contract_tests.wrong_backends.tiny_server import TinyServer
from tests.contract_tests.wrong_backends.wrong_backend import TinyBackend
from tests.contract_tests.wrong_backends.wrong_servers import ExtraByte, OneAnswer

TEXTS = next(group.texts for group in GROUPS if group.name == "literals")


@contextmanager
def served(server):
    backend = TinyBackend("served", server(create_right_app(ready_service())), 5.0)
    try:
        yield backend
    finally:
        backend.close()


def test_wrong_answers_are_the_texts_and_their_exchanges():
    reads_none = mutated(on_content(lambda content: content.replace(b"None", b"null")))
    backend = WsgiBackend("wrong", reads_none, ready_service())
    wrong = wrong_answers(backend, TEXTS)
    assert [one.text for one in wrong] == [text for text in TEXTS if b"None" in text.content]
    assert all(one.wanted.status == 400 != one.seen.status for one in wrong)
    sent = [wire.sent for wire in backend.record.wires()]
    assert len(sent) == len(wrong)
    assert all(wire.endswith(one.text.content) for wire, one in zip(sent, wrong, strict=True))


@pytest.mark.parametrize("server", [TinyServer, OneAnswer])
def test_a_backend_may_close_after_each_answer(server):
    with served(server) as backend:
        assert wrong_answers(backend, TEXTS) == []


@pytest.mark.parametrize(("server", "sees"), [(TinyServer, False), (ExtraByte, True)])
def test_what_follows_the_last_answer_is_seen(server, sees):
    with (
        served(server) as backend,
        pytest.raises(BrokenAnswer) if sees else nullcontext(),
        KeptClient(backend) as client,
    ):
        assert client.exchange(get("/nowhere")).listed == NOT_FOUND
