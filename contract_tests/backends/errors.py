"""The errors of a backend that cannot be opened."""

from dataclasses import dataclass
from typing import Literal

from contract_tests.errors import ContractTestsError

_NOT_TLS = "WRONG_VERSION_NUMBER"  # OpenSSL's word for what is no TLS record

ConnectionKind = Literal["certificate", "tls", "host", "timeout", "system"]


@dataclass(eq=False)
class ConnectionFailed(ContractTestsError):
    """A connection that cannot be made; `detail` says more of a certificate, TLS or the system."""

    kind: ConnectionKind
    detail: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "certificate":
                return f"its certificate is not trusted: {self.detail}; see --ca-file"
            case "tls":
                reason = (self.detail or "no reason given").replace("_", " ").lower()
                plain = "; it speaks plain HTTP" if self.detail == _NOT_TLS else ""
                return f"TLS fails: {reason}{plain}"
            case "host":
                return "no host is known by this name"
            case "timeout":
                return "the connection is not taken in time"
            case "system":
                return self.detail


@dataclass(eq=False)
class Unreachable(ContractTestsError):
    """A backend's address does not answer."""

    url: str
    error: Exception

    def __str__(self) -> str:
        return f"no backend answers at {self.url} ({self.error}); start it, or correct the address"


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
