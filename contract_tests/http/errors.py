"""The errors of one exchange with a backend, and of the options that say how to reach it."""

from dataclasses import dataclass, field

from contract_tests.errors import ContractTestsError

_SHOWN_BYTES = 300


@dataclass(eq=False)
class BadField(ContractTestsError):
    """A header field for all requests that cannot be sent; `why` never holds its value."""

    why: str

    def __str__(self) -> str:
        return f"{self.why}; give header fields such as 'X-Team: red'"


@dataclass(eq=False)
class NoLongerAnswers(ContractTestsError):
    """A backend that answered before does not answer any more, so cases are not run.

    error : the error of the last plain request to it.
    answered_last : the last case in which bytes came from it; "" if there was none.
    """

    error: Exception
    answered_last: str

    def __str__(self) -> str:
        last = f"; it answered last in {self.answered_last}" if self.answered_last else ""
        return f"the backend no longer answers ({self.error}){last}; see what it has logged"


@dataclass(eq=False)
class NotAsked(ContractTestsError):
    """A case that is not run, because the backend was silent in others of the same test."""

    silent_cases: int

    def __str__(self) -> str:
        return (
            f"not asked: the backend was silent in {self.silent_cases} cases like this one; "
            f"--case runs it alone"
        )


class ExchangeError(ContractTestsError):
    """Base of the errors of one exchange with a backend.

    received : the bytes that it is about.
    wanted : a description of the answer that should have come.
    """

    received: bytes = b""
    wanted: str = "a whole answer"


@dataclass(eq=False)
class BrokenAnswer(ExchangeError):
    """An answer that breaks the rules of HTTP, WSGI or ASGI, or has another form than is due."""

    fault: str
    received: bytes = b""
    wanted: str = "an answer that RFC 9112 permits"

    def __str__(self) -> str:
        return f"the answer is broken: {self.fault}; received {self.received[:_SHOWN_BYTES]!r}"


@dataclass(eq=False)
class ClosedEarly(ExchangeError):
    """The connection was closed before a whole answer had come; `received` may be empty."""

    received: bytes = b""

    def __str__(self) -> str:
        return (
            f"the connection was closed before the answer was whole, "
            f"after {self.received[:_SHOWN_BYTES]!r}"
        )


@dataclass(eq=False)
class Silent(ExchangeError):
    """Nothing more came before the deadline."""

    waited_s: float
    received: bytes = b""
    wanted: str = field(init=False)

    def __post_init__(self) -> None:
        self.wanted = f"a whole answer within {self.waited_s:g} s"

    def __str__(self) -> str:
        return (
            f"no whole answer within {self.waited_s:g} s; received {self.received[:_SHOWN_BYTES]!r}"
        )


@dataclass(eq=False, kw_only=True)
class CutShort(Silent):
    """Nothing came from a backend that was silent before, and the deadline was not waited for."""

    silent_cases: int
    deadline_s: float

    def __str__(self) -> str:
        return (
            f"{super().__str__()}; it was not waited for longer, because it was silent in "
            f"{self.silent_cases} cases before; --case runs this one with all of "
            f"{self.deadline_s:g} s"
        )
