"""The errors of `benchmarks`; each is one sentence that says what to do.

A wrong or missing answer under load is no error here: it is counted in its slice. These end a run.
"""

from collections.abc import Mapping
from pathlib import Path


class BenchmarksError(Exception):
    """Base of the errors of this package."""


class ChildDied(BenchmarksError):
    """A process of ours ended by itself; `output` is what it printed."""

    def __init__(self, module: str, status: int | None, output: str) -> None:
        super().__init__(module, status, output)
        self.module = module
        self.status = status
        self.output = output

    def __str__(self) -> str:
        last = self.output.strip().splitlines()[-1:] or ["it printed nothing"]
        return f"{self.module} ended with status {self.status}: {last[0]}; try again."


class ChildSilent(BenchmarksError):
    """A process of ours did not answer in time."""

    def __init__(self, module: str, waited_s: float) -> None:
        super().__init__(module, waited_s)
        self.module = module
        self.waited_s = waited_s

    def __str__(self) -> str:
        return f"{self.module} has not answered for {self.waited_s:.0f} s; try again."


class NothingToCompare(BenchmarksError):
    """No stack is left after the contract gate."""

    def __init__(self, failed: tuple[str, ...]) -> None:
        super().__init__(failed)
        self.failed = failed

    def __str__(self) -> str:
        names = ", ".join(self.failed)
        return f"No stack passed the contract gate ({names}); see `podium check` for what is wrong."


class UnknownOperation(BenchmarksError):
    """There is no such operation in the contract."""

    def __init__(self, operation: str, known: tuple[str, ...]) -> None:
        super().__init__(operation, known)
        self.operation = operation
        self.known = known

    def __str__(self) -> str:
        return f"There is no operation {self.operation!r}; choose from {', '.join(self.known)}."


class RepeatedStack(BenchmarksError):
    """One stack was named twice; the twin is made by the study itself."""

    def __init__(self, stack: str) -> None:
        super().__init__(stack)
        self.stack = stack

    def __str__(self) -> str:
        return f"{self.stack} was named twice; name each stack once (its twin is added anyway)."


class StudyElsewhere(BenchmarksError):
    """A study is resumed with other versions or on another machine than it was started."""

    def __init__(self, path: Path, differences: tuple[str, ...]) -> None:
        super().__init__(path, differences)
        self.path = path
        self.differences = differences

    def __str__(self) -> str:
        return (
            f"{self.path} was started with other {', '.join(self.differences)} than are here now; "
            "one study needs one machine and one set of versions, so start a new one."
        )


class NothingListens(BenchmarksError):
    """No connection can be made to a URL."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"Nothing can be reached at {self.url} ({self.reason}): start the backend, "
            "or mend the URL."
        )


class WrongAnswers(BenchmarksError):
    """A service answered wrongly under load where every answer had to be right."""

    def __init__(
        self,
        label: str,
        operation: str,
        failures: Mapping[str, int],
        examples: Mapping[str, str],
    ) -> None:
        super().__init__(label, operation, failures, examples)
        self.label = label
        self.operation = operation
        self.failures = failures
        self.examples = examples

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.failures.items())
        example = next(iter(self.examples.values()), "no example")
        return f"{self.label} failed under {self.operation} ({kinds}: {example}); mend it first."
