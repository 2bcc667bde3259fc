"""The errors of a backend that cannot be opened."""

from dataclasses import dataclass

from contract_tests.errors import ContractTestsError


@dataclass(eq=False)
class Unreachable(ContractTestsError):
    """Nobody answers at a backend's address."""

    url: str
    reason: object

    def __str__(self) -> str:
        return f"no backend answers at {self.url} ({self.reason}); start it, or correct the address"


@dataclass(eq=False)
class NotReadyInTime(ContractTestsError):
    """A service inside this process did not load its model."""

    waited_s: float

    def __str__(self) -> str:
        return f"the model was not loaded within {self.waited_s:g} s; see what stderr says of it"


@dataclass(eq=False)
class NotOpened(ContractTestsError):
    """A backend could not be started or reached."""

    backend: str
    reason: Exception

    def __str__(self) -> str:
        return f"{self.backend} could not be tested: {self.reason}"
