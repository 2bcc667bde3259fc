"""The errors of `reports`; each is one sentence that says what to do.

ReportsError
├── ReportNotWritten, NotComparable, BundleDamaged, NoSuchPlace, NoGate, NoRecording,
│   HistogramDamaged, SameStudy, NoSuchBridge, NoHistory, OtavaMissing, OtavaFailed, PackageMissing
└── StudyFileError: about one file, named by `path`
    ├── StudyMissing, StudyExists, NotAStudy, StudyDamaged, StudyTooNew, StudyUnreadable
    └── StudyBusy, StudyFinished, StudyUnfinished, RecordedTwice, StudyDiskFull
"""

from dataclasses import dataclass
from pathlib import Path


class ReportsError(Exception):
    """Base of the errors of this package."""


@dataclass(eq=False)
class ReportNotWritten(ReportsError):
    """The report's file at `path` cannot be written."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"cannot write {self.path} ({self.reason}); name another directory with --out"


@dataclass(eq=False)
class NotComparable(ReportsError):
    """A file of a report, at `path`, is not there or is not one that can be compared."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"cannot compare the study with {self.path} ({self.reason}); name the report's "
            "directory with --report, or make the report with `podium report`"
        )


@dataclass(eq=False)
class BundleDamaged(ReportsError):
    """The file at `path` is no bundle, or one no longer."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"the bundle {self.path} is damaged ({self.reason}); take a copy"


@dataclass(eq=False)
class NoSuchPlace(ReportsError):
    """A report does not rank this stack in this operation; `known` are those that it does."""

    label: str
    operation: str
    known: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        labels = ", ".join(dict.fromkeys(label for label, _ in self.known))
        operations = ", ".join(dict.fromkeys(operation for _, operation in self.known))
        return (
            f"the study has no place of {self.label} in {self.operation}; "
            f"it has {labels or 'no stack'} in {operations or 'no operation'}"
        )


@dataclass(eq=False)
class SameStudy(ReportsError):
    """A study was to be compared with itself."""

    study_id: str

    def __str__(self) -> str:
        return f"both files are the study {self.study_id}; name two different ones"


@dataclass(eq=False)
class NoSuchBridge(ReportsError):
    """No stack, or more than one, of all studies has that name; `known` are those in all."""

    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.name!r} names no one stack that is in all of the studies; "
            f"these are: {', '.join(self.known) or 'none'}"
        )


@dataclass(eq=False)
class NoHistory(ReportsError):
    """The directory has no study to show; `bridgeless` : for want of a stack to relate them to."""

    directory: Path
    bridgeless: bool

    def __str__(self) -> str:
        if self.bridgeless:
            return (
                f"no stack is in all studies of {self.directory} and known to be unchanged, so "
                "machine and code are confounded; name one to go by with --bridge STACK"
            )
        return (
            f"there is no finished study in {self.directory} that can be read; "
            "see `podium compare --help` for making one"
        )


class OtavaMissing(ReportsError):
    """Apache Otava is not installed."""

    def __str__(self) -> str:
        return "the program otava is not installed: pipx install apache-otava"


@dataclass(eq=False)
class OtavaFailed(ReportsError):
    """Apache Otava did not do what it was called for; `said` is the end of what it said."""

    program: str
    said: list[str]

    def __str__(self) -> str:
        return (
            f"{self.program} failed ({' '.join(self.said) or 'it said nothing'}); install the "
            "newest (pipx upgrade apache-otava), or take it off the PATH to do without"
        )


@dataclass(eq=False)
class PackageMissing(ReportsError):
    """A package that only an extra brings is not installed."""

    package: str
    extra: str

    def __str__(self) -> str:
        return (
            f"this needs the package {self.package}, which is not installed here: "
            f"run `make env`, or pip install 'podium[{self.extra}]'"
        )


class NoGate(ReportsError):
    """A report of no gate cannot be told as one."""

    def __str__(self) -> str:
        return "the study is no gate; make one with `podium compare --gate`"


class HistogramDamaged(ReportsError):
    """A recorded histogram cannot be decoded."""

    def __str__(self) -> str:
        return "a recorded histogram is damaged; take the study from a copy, or run it again"


@dataclass(eq=False)
class StudyFileError(ReportsError):
    """Something is wrong with the study file at `path`."""

    path: Path


class StudyMissing(StudyFileError):
    """There is no file of that name."""

    def __str__(self) -> str:
        return f"there is no study at {self.path}; see `podium compare --help` for making one"


class StudyExists(StudyFileError):
    """A new study would overwrite something."""

    def __str__(self) -> str:
        return f"{self.path} exists already; choose another name for the new study"


class NotAStudy(StudyFileError):
    """The file is something else."""

    def __str__(self) -> str:
        return f"{self.path} is not a study file; give the file that `podium compare` wrote"


@dataclass(eq=False)
class StudyDamaged(StudyFileError):
    """The file was a study and is no longer whole."""

    reason: str

    def __str__(self) -> str:
        return f"the study {self.path} is damaged ({self.reason}); take a copy, or run it again"


@dataclass(eq=False)
class StudyTooNew(StudyFileError):
    """A later podium wrote the file."""

    found: int
    known: int

    def __str__(self) -> str:
        return (
            f"the study {self.path} has format {self.found} and this podium knows formats up to "
            f"{self.known}; read it with a newer podium"
        )


@dataclass(eq=False)
class StudyUnreadable(StudyFileError):
    """The system does not let us at the file or its directory."""

    reason: str

    def __str__(self) -> str:
        return (
            f"cannot use the study {self.path} ({self.reason}); "
            "check that the file and its directory may be written"
        )


class StudyBusy(StudyFileError):
    """Another process is writing the study."""

    def __str__(self) -> str:
        return f"another process is writing the study {self.path}; wait until it has ended"


class StudyFinished(StudyFileError):
    """A finished study is never changed."""

    def __str__(self) -> str:
        return (
            f"the study {self.path} is finished and never changed; "
            f"`podium report {self.path}` shows its findings"
        )


class StudyUnfinished(StudyFileError):
    """What is wanted is only for a study that will not change any more."""

    def __str__(self) -> str:
        return f"the study {self.path} is not finished; finish it first: podium resume {self.path}"


@dataclass(eq=False)
class RecordedTwice(StudyFileError):
    """A record with this key is in the study already."""

    what: str

    def __str__(self) -> str:
        return f"{self.what} is in the study {self.path} already and is not recorded twice"


class StudyDiskFull(StudyFileError):
    """There is no room for the next record; what was recorded before is kept."""

    def __str__(self) -> str:
        return (
            f"no room is left on the disk for the study {self.path}; what was recorded is kept: "
            "make room and go on with `podium resume`"
        )


@dataclass(eq=False)
class NoRecording(ReportsError):
    """A file that `podium check --record` did not write, or a version that is not known."""

    path: object

    def __str__(self) -> str:
        return f"{self.path} is no recording; make one with podium check --record FILE"
