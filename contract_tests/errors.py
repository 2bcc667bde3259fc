"""What can go wrong in `contract_tests`; each error is one sentence that says what to do.

`ContractTestsError`
    `Unreachable`                      a run cannot start
    `BadField`, `BadSample`            what is given for a backend cannot be used
    `NotReadyInTime`                   a service in this process did not load its model
    `NotOpened`                        a backend did not start, or did not answer
    `NothingSelected`                  an empty run: no backend, or no case
    `UnknownCases`                     a run of cases that the catalogue does not have
    `UnknownSection`                   a file of tests that has no number as a section
    `SuiteBroken`                      pytest itself failed
    `NoLongerAnswers`                  a backend fell silent, or went away, during a run
    `NotAsked`                         a case like others in which the backend was silent
    `BackendLost`                      a backend that was fuzzed is gone
    `UnknownSentence`                  a test names a sentence that the catalogue does not have
    `CrowdStopped`                     our own slow clients were too slow
    `ExchangeError`                    one exchange with a backend went wrong: the test fails
        `BrokenAnswer`                 bytes, or calls, that are not one whole HTTP answer
        `ClosedEarly`                  the connection ended before the answer did
        `Silent`                       nothing more came before the deadline
            `CutShort`                 nothing came, and the deadline was not waited for

`SuiteInterrupted` is none of them: it is a `KeyboardInterrupt`, with what was found until then.
"""

from collections.abc import Sequence

from reports.check.results import SuiteResult

_LAST_LINES = 20


class ContractTestsError(Exception):
    """Base of the errors of this package."""


class BadField(ContractTestsError):
    """A header field for all requests that cannot be sent; its value is not told, ever."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return f"{self.why}; give header fields such as 'X-Team: red'"


class BadSample(ContractTestsError):
    """A file of sample rows that cannot be used."""

    def __init__(self, path: object) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return (
            f"{self.path} holds no sample; it must be JSON such as "
            f'{{"rows":[[5.1,3.5],[6.7,3.1]],"predictions":["a","b"]}}, rows of one length each, '
            f"and either a prediction a row or no predictions"
        )


class Unreachable(ContractTestsError):
    """Nobody answers at a backend's address."""

    def __init__(self, url: str, reason: object) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return f"no backend answers at {self.url} ({self.reason}); start it, or correct the address"


class NotReadyInTime(ContractTestsError):
    """A service inside this process did not load its model."""

    def __init__(self, waited_s: float) -> None:
        super().__init__(waited_s)
        self.waited_s = waited_s

    def __str__(self) -> str:
        return f"the model was not loaded within {self.waited_s:g} s; see what stderr says of it"


class NotOpened(ContractTestsError):
    """A backend could not be started, or not be reached."""

    def __init__(self, backend: str, reason: Exception) -> None:
        super().__init__(backend, reason)
        self.backend = backend
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.backend} could not be tested: {self.reason}"


class NothingSelected(ContractTestsError):
    """There is no backend, or no case, to run: nothing would have been shown.

    why_not : why cases that were chosen cannot be run, where there are any.
    """

    def __init__(self, why_not: tuple[str, ...] = ()) -> None:
        super().__init__(why_not)
        self.why_not = why_not

    def __str__(self) -> str:
        if self.why_not:
            return (
                f"there is nothing to check: every case that was chosen {'; '.join(self.why_not)}"
            )
        return (
            "there is nothing to check; `podium stacks` tells what can run here and why not, "
            "`podium check --list` what it would be asked"
        )


class UnknownCases(ContractTestsError):
    """A section or a number that the catalogue does not have."""

    def __init__(self, name: str, sections: tuple[str, ...]) -> None:
        super().__init__(name, sections)
        self.name = name
        self.sections = sections

    def __str__(self) -> str:
        return (
            f"the catalogue has no {self.name!r}; see `podium check --list` for the numbers, the "
            f"sections are {', '.join(self.sections)}"
        )


class UnknownSection(ContractTestsError):
    """A file of tests whose section has no number yet."""

    def __init__(self, section: str) -> None:
        super().__init__(section)
        self.section = section

    def __str__(self) -> str:
        return (
            f"the section {self.section!r} has no number; give it the next one in "
            f"contract_tests/catalogue/numbers.py"
        )


class SuiteBroken(ContractTestsError):
    """pytest could not run the suite at all.

    said : what it said of it; nothing where it has printed that itself.
    """

    def __init__(self, status: int, said: Sequence[str] = ()) -> None:
        super().__init__(status, said)
        self.status = status
        lines = "\n".join(said).splitlines()
        if lines:
            self.add_note("\n".join(lines[-_LAST_LINES:]))

    def __str__(self) -> str:
        return (
            f"pytest ended with {self.status} instead of running the suite, for what stands "
            f"above; install podium into an environment of its own, and if that does not help "
            f"report it with these lines"
        )


class SuiteInterrupted(KeyboardInterrupt):
    """A run was interrupted; `result` holds what came of the cases that had ended."""

    def __init__(self, result: SuiteResult) -> None:
        super().__init__(result)
        self.result = result


class NoLongerAnswers(ContractTestsError):
    """A backend that has answered before does not answer any more, so cases are not run.

    answered_last : the case in which something came from it; "" if there was none.
    """

    def __init__(self, reason: str, answered_last: str) -> None:
        super().__init__(reason, answered_last)
        self.reason = reason
        self.answered_last = answered_last

    def __str__(self) -> str:
        last = f"; it answered last in {self.answered_last}" if self.answered_last else ""
        return f"the backend no longer answers ({self.reason}){last}; see what it has logged"


class NotAsked(ContractTestsError):
    """A case that is not run, because the backend was silent in others of the same test."""

    def __init__(self, silent_cases: int) -> None:
        super().__init__(silent_cases)
        self.silent_cases = silent_cases

    def __str__(self) -> str:
        return (
            f"not asked: the backend was silent in {self.silent_cases} cases like this one; "
            f"--case runs it alone"
        )


class BackendLost(ContractTestsError):
    """A backend that was answering takes no connection any more."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason}; see what was sent last, and what the service has printed"


class UnknownSentence(ContractTestsError):
    """A test says that it holds a sentence which the catalogue does not have."""

    def __init__(self, test: str, sentence_id: str) -> None:
        super().__init__(test, sentence_id)
        self.test = test
        self.sentence_id = sentence_id

    def __str__(self) -> str:
        return (
            f"{self.test} holds {self.sentence_id!r}, which "
            f"contract_tests/contract/sentences.py does not "
            f"have; correct the id or add the sentence"
        )


class CrowdStopped(ContractTestsError):
    """The slow clients of a test did not send even the little that they should."""

    def __init__(self, rounds: int, wanted: int) -> None:
        super().__init__(rounds, wanted)
        self.rounds = rounds
        self.wanted = wanted

    def __str__(self) -> str:
        return (
            f"slow clients sent {self.rounds} bytes of {self.wanted} in time; "
            "this machine is too busy for the test"
        )


class ExchangeError(ContractTestsError):
    """Base of what goes wrong in one exchange with a backend.

    received : the bytes that it is about.
    wanted : what should have come, in words.
    """

    received: bytes = b""
    wanted: str = "a whole answer"


class BrokenAnswer(ExchangeError):
    """An answer that breaks the rules of HTTP, WSGI or ASGI, or is of another form than is due."""

    def __init__(
        self, fault: str, received: bytes = b"", wanted: str = "an answer that RFC 9112 permits"
    ) -> None:
        super().__init__(fault, received)
        self.fault = fault
        self.received = received
        self.wanted = wanted

    def __str__(self) -> str:
        return f"the answer is broken: {self.fault}; received {self.received[:300]!r}"


class ClosedEarly(ExchangeError):
    """The connection was closed before a whole answer had come; `received` may be empty."""

    def __init__(self, received: bytes = b"") -> None:
        super().__init__(received)
        self.received = received

    def __str__(self) -> str:
        return (
            f"the connection was closed before the answer was whole, after {self.received[:300]!r}"
        )


class Silent(ExchangeError):
    """Nothing more came before the deadline."""

    def __init__(self, waited_s: float, received: bytes = b"") -> None:
        super().__init__(waited_s, received)
        self.waited_s = waited_s
        self.received = received
        self.wanted = f"a whole answer within {waited_s:g} s"

    def __str__(self) -> str:
        return f"no whole answer within {self.waited_s:g} s; received {self.received[:300]!r}"


class CutShort(Silent):
    """Nothing came in the time that a backend gets which was silent before: nobody can tell."""

    def __init__(
        self, waited_s: float, received: bytes, silent_cases: int, deadline_s: float
    ) -> None:
        super().__init__(waited_s, received)
        self.silent_cases = silent_cases
        self.deadline_s = deadline_s

    def __str__(self) -> str:
        return (
            f"{super().__str__()}; it was not waited for longer, because it was silent in "
            f"{self.silent_cases} cases before; --case runs this one with all of "
            f"{self.deadline_s:g} s"
        )
