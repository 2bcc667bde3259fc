"""The error of a fuzz run that loses a backend."""

from dataclasses import dataclass

from contract_tests.errors import ContractTestsError


@dataclass(eq=False)
class BackendLost(ContractTestsError):
    """A backend that was answering takes no connection any more."""

    reason: str

    def __str__(self) -> str:
        return f"{self.reason}; see what was sent last, and what the service has printed"
