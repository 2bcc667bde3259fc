"""A difference between backends: shrunk, recognised when met again, and written as a case."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract_tests.fuzz.sent import Raw, Sent, WellFormed
from contract_tests.fuzz.targets import Reply
from contract_tests.http.messages import Request
from shared.contract import JSON_TYPE


@dataclass(frozen=True)
class Disagreement:
    """One exchange on which backends disagree.

    before : the exchanges just before, on which it may depend.
    groups : names of backends with their common reply, the largest group first.
    """

    before: tuple[Sent, ...]
    sent: Sent
    groups: tuple[tuple[tuple[str, ...], Reply], ...]

    @property
    def kind(self) -> object:
        """A key that is equal for differences that look like the same defect."""
        what = self.sent.what if isinstance(self.sent, Raw) else ""
        return what, tuple((names, reply.fault, _statuses(reply)) for names, reply in self.groups)


@dataclass(frozen=True)
class Finding:
    """A difference in its smallest form.

    request : how many requests had been sent when it was met.
    repeats : whether sending it again showed it again.
    """

    difference: Disagreement
    seed: int
    request: int
    repeats: bool

    def as_case(self, number: int) -> str:
        """Python for a table of the suite, with what each backend replied."""
        difference = self.difference
        lines = [f"# fuzz finding {number}, met at request {self.request}, seed {self.seed}"]
        if not self.repeats:
            lines.append("# it did not show again when it was sent again")
        for names, reply in difference.groups:
            lines.append(f"# {', '.join(names)}:")
            lines += [f"#     {line}" for line in _reply_lines(reply)]
        if difference.before:
            lines.append("# after, on the same connection:")
            lines += [f"#     {_code(sent)}" for sent in difference.before]
        lines.append(f'case("fuzz-{number}", {_code(difference.sent)}, {_expected(difference)}),')
        return "\n".join(lines)


def _statuses(reply: Reply) -> tuple[int, ...]:
    return tuple(view.status for view in reply.answers)


def _reply_lines(reply: Reply) -> Sequence[str]:
    lines = [
        f"{view.status} " + " ".join(f"{n}: {v};" for n, v in view.fields) + f" {view.content!r}"
        for view in reply.answers
    ]
    return [*lines, *([reply.fault] if reply.fault else [])] or ["closed without an answer"]


def _expected(difference: Disagreement) -> str:
    """Return the reply of most backends, which need not be right."""
    _, reply = difference.groups[0]
    if isinstance(difference.sent, Raw) or len(reply.answers) != 1:
        return f"{_statuses(reply)}"
    view = reply.answers[0]
    return f"Expected({view.status}, {dict(view.fields)!r}, {view.content!r})"


def _code(sent: Sent) -> str:
    if isinstance(sent, Raw):
        return repr(sent.data)
    requests = ", ".join(map(_request_code, sent.requests))
    plain = WellFormed(sent.requests) == sent and len(sent.requests) == 1
    if plain:
        return requests
    travel = [
        f"{name}={value!r}"
        for name, value in (("version", sent.version), ("cuts", sent.cuts))
        if value not in {"1.1", ()}
    ] + (["withheld=True"] if sent.withheld else [])
    return f"WellFormed({', '.join([f'({requests},)', *travel])})"


def _request_code(request: Request) -> str:
    json_type = ("Content-Type", JSON_TYPE)
    if request.method == "POST" and request.chunks is None and request.fields[:1] == (json_type,):
        more = "".join(f", {field!r}" for field in request.fields[1:])
        return f"post({request.target!r}, {request.content!r}{more})"
    if request.method == "GET" and not request.content and request.chunks is None:
        more = "".join(f", {field!r}" for field in request.fields)
        return f"get({request.target!r}{more})"
    parts = [repr(request.method), repr(request.target)]
    if request.fields or request.content:
        parts.append(repr(request.fields))
    if request.content:
        parts.append(repr(request.content))
    if request.chunks is not None:
        parts.append(f"chunks={request.chunks!r}")
    return f"Request({', '.join(parts)})"
