"""The errors of `benchmarks`; each is one sentence that says what to do.

A wrong or missing answer under load is no error here: it is counted in its slice. These end a run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.near_miss import did_you_mean


class BenchmarksError(Exception):
    """Base of the errors of this package."""


@dataclass(eq=False)
class ChildDied(BenchmarksError):
    """A process of ours ended by itself; `output` is what it printed.

    A negative `status` is the signal that ended it.
    """

    module: str
    status: int
    output: str

    def __str__(self) -> str:
        end = f"was ended by signal {-self.status}" if self.status < 0 else "ended by itself"
        printed = _printed(self.output)
        return f"The process of {self.module} {end}{printed}; see what ended it, and try again."


@dataclass(eq=False)
class ChildSilent(BenchmarksError):
    """A process of ours did not answer in time; `output` is what it printed."""

    module: str
    waited_s: float
    output: str

    def __str__(self) -> str:
        printed = _printed(self.output)
        return (
            f"The process of {self.module} has not answered for {self.waited_s:.0f} s{printed}; "
            "try again when the machine has less to do."
        )


@dataclass(eq=False)
class CalibrationNotKept(BenchmarksError):
    """The cache cannot be written; what was measured has been printed."""

    reason: str

    def __str__(self) -> str:
        return (
            f"The figures above are kept nowhere ({self.reason}), so `podium load` will not know "
            "them; name a folder for the cache in PODIUM_CACHE_DIR."
        )


@dataclass(eq=False)
class NothingToCompare(BenchmarksError):
    """No stack is left after the contract gate."""

    failed: tuple[str, ...]

    def __str__(self) -> str:
        names = ", ".join(self.failed)
        return f"No stack passed the contract gate ({names}); see `podium check` for what is wrong."


@dataclass(eq=False)
class UnknownOperation(BenchmarksError):
    """There is no such operation in the contract."""

    operation: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        near = did_you_mean(self.operation, self.known)
        return f"There is no operation {self.operation!r}{near} (there are {', '.join(self.known)})"


@dataclass(eq=False)
class RepeatedStack(BenchmarksError):
    """One stack was named twice; the twin is made by the study itself."""

    stack: str

    def __str__(self) -> str:
        return f"{self.stack} was named twice; name each stack once (its twin is added anyway)."


@dataclass(eq=False)
class NotTwo(BenchmarksError):
    """A gate is asked for with more or fewer stacks than a base and a head."""

    stacks: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"A gate compares two, a base and a head, and there are {len(self.stacks)} here "
            f"({', '.join(self.stacks)}): name two, such as --entry DIR --entry DIR@REV."
        )


@dataclass(eq=False)
class LookTooLate(BenchmarksError):
    """The first look of a study lies beyond its limit of time, so nothing could be said."""

    blocks: int
    estimated_s: float

    def __str__(self) -> str:
        return (
            f"Nothing is judged before the first look, after {self.blocks} blocks, which may take "
            f"{math.ceil(self.estimated_s / 60)} minutes; allow that much with --at-most, or name "
            "fewer stacks or operations."
        )


@dataclass(eq=False)
class TimeTooShort(BenchmarksError):
    """The least number of blocks with a verdict does not fit into the time that was given."""

    time_s: float
    blocks: int
    least_s: float

    def __str__(self) -> str:
        return (
            f"A verdict needs {self.blocks} blocks, which may take {math.ceil(self.least_s)} s, "
            f"and --time gives {self.time_s:g} s: give more, or name fewer stacks or operations."
        )


@dataclass(eq=False)
class StudyElsewhere(BenchmarksError):
    """A study is resumed with other versions or on another machine than it was started."""

    path: Path
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.path} was started with other {', '.join(self.differences)} than are here now; "
            "one study needs one machine and one set of versions, so start a new one."
        )


@dataclass(eq=False)
class NothingListens(BenchmarksError):
    """No connection can be made to a URL."""

    url: str
    reason: str

    def __str__(self) -> str:
        return (
            f"Nothing can be reached at {self.url} ({self.reason}): start the backend, "
            "or mend the URL."
        )


@dataclass(eq=False)
class WrongAnswers(BenchmarksError):
    """A service answered wrongly under load where every answer had to be right."""

    label: str
    operation: str
    failures: Mapping[str, int]
    examples: Mapping[str, str]

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.failures.items())
        example = next(iter(self.examples.values()), "no example")
        return f"{self.label} failed under {self.operation} ({kinds}: {example}); mend it first."


@dataclass(eq=False)
class PeerOut(BenchmarksError):
    """Another model server cannot be measured; `output` is what was printed."""

    name: str
    why: str
    output: str

    def __str__(self) -> str:
        return f"{self.name} {self.why}{_printed(self.output)}; it is left out."


class NoWrk(BenchmarksError):
    """The load generator wrk is not installed."""

    def __str__(self) -> str:
        return "The load comes from wrk, which is not on the PATH; install it (Debian: wrk)."


def _printed(output: str) -> str:
    last = output.strip().splitlines()[-1:]
    return f"; it printed: {last[0]}" if last else ", and printed nothing"
