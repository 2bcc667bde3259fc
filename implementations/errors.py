"""Errors of `implementations`; each is one sentence that says what to do.

places             NoTemporaryDirectory, NoRunDirectory, NoStudies
the catalogue      UnknownStack, ServerUnfit, TooManyWorkers, EntryInvalid, ServersInvalid,
                   RevisionUnusable
before the start   CannotRunHere (something is missing on this machine), EnvironmentNotMade,
                   NothingToVersion, CannotPreload, PortBusy,
                   AddressUnusable
while starting     DiedAtStart (the process ended), SilentAtStart (it was not ready in time)
later              ServerEnded
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.near_miss import did_you_mean


class ImplementationsError(Exception):
    """Base of the errors of this package."""


class NoTemporaryDirectory(ImplementationsError, OSError):
    """No directory for temporary files can be written."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason}: free some space there, or name another directory in TMPDIR"


@dataclass(eq=False)
class NoStudies(ImplementationsError):
    """The folder of studies cannot be written."""

    folder: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"no study can be written into {self.folder} ({self.reason}): "
            "name a file elsewhere with --study"
        )


@dataclass(eq=False)
class NoRunDirectory(ImplementationsError, OSError):
    """The private directory of a start can be made nowhere; `failures` say why, by directory."""

    failures: Mapping[str, str]

    def __str__(self) -> str:
        tried = ", ".join(f"{where} ({reason})" for where, reason in self.failures.items())
        return (
            f"a server's private directory can be made nowhere: {tried}; "
            "free some space there, or name another directory in TMPDIR"
        )


@dataclass(eq=False)
class UnknownStack(ImplementationsError):
    """No stack has this name."""

    text: str
    known: Sequence[str]

    def __str__(self) -> str:
        near = did_you_mean(self.text, self.known)
        return f"there is no stack {self.text!r}{near} (`podium stacks` lists them)"


@dataclass(eq=False)
class ServerUnfit(ImplementationsError):
    """A server program does not speak the interface of an implementation."""

    text: str
    implementation: str
    interface: str
    fitting: Sequence[str]

    def __str__(self) -> str:
        stacks = " and ".join(f"{self.implementation}:{server}" for server in self.fitting)
        return (
            f"there is no stack {self.text!r}: {self.implementation} is {self.interface.upper()}, "
            f"which that server does not speak; {stacks} would do"
        )


@dataclass(eq=False)
class TooManyWorkers(ImplementationsError):
    """More workers are asked for than a machine could run."""

    text: str
    most: int

    def __str__(self) -> str:
        workers = self.text.rpartition(":")[2]
        return f"{workers[:20]} workers are more than podium starts; {self.most} is the most"


@dataclass(eq=False)
class EntryInvalid(ImplementationsError):
    """An entry folder does not describe an implementation."""

    file: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


@dataclass(eq=False)
class RevisionUnusable(ImplementationsError):
    """An entry cannot be had as a git revision has it."""

    folder: Path
    revision: str
    reason: str

    def __str__(self) -> str:
        return f"{self.folder}@{self.revision}: {self.reason}"


@dataclass(eq=False)
class ServersInvalid(ImplementationsError):
    """`servers.toml` does not describe a server program."""

    server: str
    reason: str

    def __str__(self) -> str:
        return f"servers.toml, {self.server}: {self.reason}"


@dataclass(eq=False)
class CannotRunHere(ImplementationsError):
    """A stack is known, but something that it needs is missing on this machine."""

    stack: str
    reason: str

    @property
    def summary(self) -> str:
        """The reason alone, in one line."""
        return self.reason

    def __str__(self) -> str:
        return f"{self.stack} cannot run here: {self.reason}"


@dataclass(eq=False)
class EnvironmentNotMade(ImplementationsError):
    """The environment of a stack with versions of its own cannot be made."""

    reason: str

    def __str__(self) -> str:
        return f"an environment with these versions cannot be made: {self.reason}"


@dataclass(eq=False)
class NothingToVersion(ImplementationsError):
    """A version is asked for of an implementation that has no framework."""

    implementation: str

    def __str__(self) -> str:
        return (
            f"{self.implementation} has no framework of which a version could be chosen; "
            "only its server's can"
        )


@dataclass(eq=False)
class CannotPreload(ImplementationsError):
    """A server program does not fork its workers from a process that could load the model."""

    stack: str

    def __str__(self) -> str:
        return (
            f"{self.stack} cannot load the model before its workers start, because its server "
            "forks none; serve it without --preload, or by gunicorn"
        )


@dataclass(eq=False)
class PortBusy(ImplementationsError):
    """Another process listens on the port that a stack should get."""

    host: str
    port: int

    def __str__(self) -> str:
        return (
            f"port {self.port} on {self.host} is in use by another process; "
            "stop that, or choose another port with --port"
        )


@dataclass(eq=False)
class AddressUnusable(ImplementationsError):
    """The host or the port cannot be listened on at all."""

    host: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"cannot listen on {self.host}, port {self.port}: {self.reason}"


@dataclass(eq=False)
class DiedAtStart(ImplementationsError):
    """The server process ended before it was ready.

    `output` : what it printed; None where that went to our standard error.
    """

    stack: str
    status: int
    output: str | None

    @property
    def summary(self) -> str:
        """The reason alone, in one line."""
        return f"it ended with status {self.status} before it was ready{_last(self.output)}"

    def __str__(self) -> str:
        return (
            f"{self.stack} ended with status {self.status} before it was ready{_said(self.output)}"
        )


@dataclass(eq=False)
class SilentAtStart(ImplementationsError):
    """The server process lives, but was not ready in time; `output` as in DiedAtStart."""

    stack: str
    timeout_s: float
    missing: str
    output: str | None

    @property
    def summary(self) -> str:
        """The reason alone, in one line."""
        return f"it was not ready within {self.timeout_s:g} s ({self.missing}){_last(self.output)}"

    def __str__(self) -> str:
        return (
            f"{self.stack} was not ready within {self.timeout_s:g} s "
            f"({self.missing}){_said(self.output)}"
        )


@dataclass(eq=False)
class ServerEnded(ImplementationsError):
    """A server that should have gone on has ended by itself."""

    stack: str
    status: int

    def __str__(self) -> str:
        return f"{self.stack} ended by itself with status {self.status}; see what it printed"


def _last(output: str | None) -> str:
    """Return the last error that was printed, or else the last line."""
    lines = [line.strip() for line in (output or "").splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return "".join(f" ({line})" for line in (errors or lines)[-1:])


def _said(output: str | None, lines: int = 50) -> str:
    if output is None:
        return "; what it printed is above"
    tail = output.strip().splitlines()[-lines:]
    if not tail:
        return ", and printed nothing"
    return "; it printed:\n" + "\n".join(f"    {line}" for line in tail)
