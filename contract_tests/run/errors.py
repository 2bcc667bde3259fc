"""The errors of a run that cannot begin, and the interrupt that keeps the results so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract_tests.errors import ContractTestsError
from reports.check.results import SuiteResult

_LAST_LINES = 20


@dataclass(eq=False)
class NothingSelected(ContractTestsError):
    """There is no backend, or no case, to run: nothing would have been shown.

    reasons : why the cases that were chosen cannot be run, where there are any.
    """

    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.reasons:
            return (
                f"there is nothing to check: every case that was chosen {'; '.join(self.reasons)}"
            )
        return (
            "there is nothing to check; `podium stacks` tells what can run here and why not, "
            "`podium check --list` what it would be asked"
        )


@dataclass(eq=False)
class SuiteBroken(ContractTestsError):
    """pytest could not run the suite at all.

    said : its messages; empty where it has printed them itself.
    """

    status: int
    said: Sequence[str] = ()

    def __post_init__(self) -> None:
        if lines := "\n".join(self.said).splitlines():
            self.add_note("\n".join(lines[-_LAST_LINES:]))

    def __str__(self) -> str:
        return (
            f"pytest ended with {self.status} instead of running the suite, for what stands "
            f"above; install podium into an environment of its own, and if that does not help "
            f"report it with these lines"
        )


@dataclass(eq=False)
class SuiteInterrupted(KeyboardInterrupt):
    """A run was interrupted; `result` holds the results of the cases that had ended."""

    result: SuiteResult
