"""Many JSON texts sent to a backend, and those of them that it answers wrongly."""

from collections.abc import Iterable
from dataclasses import dataclass

from contract_tests.backends.base import Backend, KeptClient
from contract_tests.http.errors import CutShort, ExchangeError, Silent
from contract_tests.http.messages import Expected, post
from contract_tests.http.record import OpenExchange
from contract_tests.suite.json_texts.groups import JsonText


@dataclass(frozen=True)
class WrongAnswer:
    """A text that was answered wrongly, or not at all."""

    text: JsonText
    seen: Expected | ExchangeError
    wanted: Expected


def wrong_answers(backend: Backend, texts: Iterable[JsonText]) -> list[WrongAnswer]:
    """Send all texts, unless the backend falls silent; keep the wrong ones' exchanges.

    Raises `CutShort` where no text was decided.
    """
    wrong: list[WrongAnswer] = []
    shown: list[OpenExchange] = []
    with KeptClient(backend) as client:
        for text in texts:
            backend.record.clear()
            wanted = _wanted(client, text)
            seen = _seen(client, text)
            if isinstance(seen, CutShort):
                if wrong:
                    break
                raise seen
            if seen != wanted:
                wrong.append(WrongAnswer(text, seen, wanted))
                shown += backend.record.take()
            if isinstance(seen, Silent):
                break
    backend.record.clear()
    backend.record.keep(shown)
    return wrong


def _seen(client: KeptClient, text: JsonText) -> Expected | ExchangeError:
    try:
        return client.exchange(post(text.path, text.content)).listed
    except ExchangeError as exc:
        return exc


def _wanted(client: KeptClient, text: JsonText) -> Expected:
    if isinstance(text.wanted, Expected):
        return text.wanted
    return client.exchange(post(text.path, text.wanted.content)).listed
