"""Two recordings compared: the cases that a backend answers otherwise than before.

Compared are the status, the header fields that the contract lists, and the content, of each answer
to a request that both recordings have. What may differ by right is compared by its form: the number
that `count` gives, the seconds of `Retry-After`, floats within 1e-9.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from contract_tests.http.answer_reader import AnswerReader
from contract_tests.http.errors import ExchangeError
from contract_tests.http.messages import Answer
from reports.check.comparison import RecordingComparison, RecordingDifference
from reports.check.results import CaseResult, WireBytes

_HOST = re.compile(rb"(?<=\r\nHost: )[^\r\n]*")
_COUNT = re.compile(rb'\{"count":[0-9]{1,18}\}')
_REQUEST_LINE = re.compile(
    rb"^([!#$%&'*+.^_`|~0-9A-Za-z-]+) [^\r\n]* HTTP/1\.[01]\r$", re.MULTILINE
)
_DECIMALS = 9


def compare(old: Sequence[CaseResult], new: Sequence[CaseResult]) -> RecordingComparison:
    """The cases of both recordings side by side.

    Backends are paired by name; where each recording has only one, these two are a pair.
    """
    before, after = _by_case(old, new), _by_case(new, old)
    both = [key for key in before if key in after]
    differences = [found for key in both for found in _differences(before[key], after[key])]
    only_one = [f"{backend}: {case}" for backend, case in before.keys() ^ after.keys()]
    return RecordingComparison(tuple(differences), len(both), tuple(sorted(only_one)))


def _by_case(
    recorded: Sequence[CaseResult], other: Sequence[CaseResult]
) -> dict[tuple[str, str], CaseResult]:
    alone = len({case.backend for case in recorded}) == len({case.backend for case in other}) == 1
    return {("" if alone else case.backend, case.case): case for case in recorded}


def _differences(old: CaseResult, new: CaseResult) -> Iterator[RecordingDifference]:
    def difference(sent: str, before: str, after: str) -> RecordingDifference:
        return RecordingDifference(
            backend=new.backend,
            number=new.number,
            case=new.case,
            title=new.title,
            sent=sent,
            old=before,
            new=after,
        )

    if old.outcome != new.outcome:
        yield difference("", old.outcome, new.outcome)
    before, after = _answers(old.exchanges), _answers(new.exchanges)
    for request in before:
        # How often the same was asked may be chance, where several clients ask at once.
        if request in after and before[request].keys() != after[request].keys():
            gone = before[request].keys() - after[request].keys()
            come = after[request].keys() - before[request].keys()
            yield difference(
                request.decode("latin-1"), "\n\n".join(sorted(gone)), "\n\n".join(sorted(come))
            )


def _answers(exchanges: Sequence[WireBytes]) -> dict[bytes, Counter[str]]:
    """The forms of all answers to each request, without the host that it was sent to."""
    answers: dict[bytes, Counter[str]] = {}
    for wire in exchanges:
        request = _HOST.sub(b"", wire.sent)
        answers.setdefault(request, Counter())[_form(wire)] += 1
    return answers


def _form(wire: WireBytes) -> str:
    """Return the compared parts of the answers to a request, or to several sent at once."""
    methods = [found[1].decode() for found in _REQUEST_LINE.finditer(wire.sent)] or ["GET"]
    rest = [wire.received]
    reader = AnswerReader(lambda: rest.pop() if rest else b"")
    forms: list[str] = []
    try:
        while not reader.at_end():
            method = methods[min(len(forms), len(methods) - 1)]
            forms.append(_answer_form(reader.read_answer(method)))
    except ExchangeError:
        forms.append("no whole answer: " + wire.received.decode("utf-8", "backslashreplace"))
    return "\n\n".join(forms) or "closed without an answer"


def _answer_form(answer: Answer) -> str:
    listed = dict(answer.listed.fields)
    content = answer.content.decode("utf-8", "backslashreplace")
    if _COUNT.fullmatch(answer.content):
        content = '{"count":…}'
        listed["Content-Length"] = "…"
    elif b"." in answer.content and (rounded := _rounded(answer.content)) is not None:
        content = rounded
        listed["Content-Length"] = "…"
    if listed.get("Retry-After", "").isdecimal():
        listed["Retry-After"] = "…"
    lines = [str(answer.status), *(f"{name}: {value}" for name, value in listed.items())]
    return "\n".join(lines) + f"\n\n{content}"


def _rounded(content: bytes) -> str | None:
    """JSON with its floats to nine places; None for anything else."""
    try:
        return orjson.dumps(_rounded_value(orjson.loads(content))).decode()
    except orjson.JSONDecodeError:
        return None


def _rounded_value(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, dict):
        return {name: _rounded_value(part) for name, part in value.items()}
    return [_rounded_value(part) for part in value] if isinstance(value, list) else value
