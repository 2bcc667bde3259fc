"""What can go wrong in `implementations`; each error is one sentence that says what to do.

the catalogue      UnknownStack, EntryInvalid, ServersInvalid
before the start   CannotRunHere (something is missing on this machine), PortBusy, AddressUnusable
while starting     DiedAtStart (the process ended), SilentAtStart (it was not ready in time)
later              ServerEnded
"""

from collections.abc import Sequence
from pathlib import Path


class ImplementationsError(Exception):
    """Base of the errors of this package."""


class UnknownStack(ImplementationsError):
    """No stack has this name."""

    def __init__(self, text: str, nearest: Sequence[str]) -> None:
        self.text = text
        self.nearest = tuple(nearest)
        super().__init__(text, self.nearest)

    def __str__(self) -> str:
        near = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        return f"there is no stack {self.text!r}{near} (`podium stacks` lists them)"


class EntryInvalid(ImplementationsError):
    """An entry folder does not describe an implementation."""

    def __init__(self, file: Path, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(file, reason)

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


class ServersInvalid(ImplementationsError):
    """`servers.toml` does not describe a server program."""

    def __init__(self, server: str, reason: str) -> None:
        self.server = server
        self.reason = reason
        super().__init__(server, reason)

    def __str__(self) -> str:
        return f"servers.toml, {self.server}: {self.reason}"


class CannotRunHere(ImplementationsError):
    """A stack is known, but something that it needs is missing on this machine."""

    def __init__(self, stack: str, reason: str) -> None:
        self.stack = stack
        self.reason = reason
        super().__init__(stack, reason)

    def __str__(self) -> str:
        return f"{self.stack} cannot run here: {self.reason}"


class PortBusy(ImplementationsError):
    """Another process listens on the port that a stack should get."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        super().__init__(host, port)

    def __str__(self) -> str:
        return (
            f"port {self.port} on {self.host} is in use by another process; "
            "stop that, or choose another port with --port"
        )


class AddressUnusable(ImplementationsError):
    """The host or the port cannot be listened on at all."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        self.host = host
        self.port = port
        self.reason = reason
        super().__init__(host, port, reason)

    def __str__(self) -> str:
        return f"cannot listen on {self.host}, port {self.port}: {self.reason}"


class DiedAtStart(ImplementationsError):
    """The server process ended before it was ready.

    `output` : what it printed; None where that went to our standard error.
    """

    def __init__(self, stack: str, status: int, output: str | None) -> None:
        self.stack = stack
        self.status = status
        self.output = output
        super().__init__(stack, status, output)

    def __str__(self) -> str:
        return (
            f"{self.stack} ended with status {self.status} before it was ready{_said(self.output)}"
        )


class SilentAtStart(ImplementationsError):
    """The server process lives, but was not ready in time; `output` as in DiedAtStart."""

    def __init__(self, stack: str, timeout_s: float, missing: str, output: str | None) -> None:
        self.stack = stack
        self.timeout_s = timeout_s
        self.missing = missing
        self.output = output
        super().__init__(stack, timeout_s, missing, output)

    def __str__(self) -> str:
        return (
            f"{self.stack} was not ready within {self.timeout_s:g} s "
            f"({self.missing}){_said(self.output)}"
        )


class ServerEnded(ImplementationsError):
    """A server that should have gone on has ended by itself."""

    def __init__(self, stack: str, status: int) -> None:
        self.stack = stack
        self.status = status
        super().__init__(stack, status)

    def __str__(self) -> str:
        return f"{self.stack} ended by itself with status {self.status}; see what it printed"


def _said(output: str | None, lines: int = 50) -> str:
    if output is None:
        return "; what it printed is above"
    tail = output.strip().splitlines()[-lines:]
    if not tail:
        return ", and printed nothing"
    return "; it printed:\n" + "\n".join(f"    {line}" for line in tail)
