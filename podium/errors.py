"""What can go wrong in `podium` itself; each error is one sentence that says what to do.

`PodiumError`
    `NoRecording`    a file is no recording of `podium check`
"""


class PodiumError(Exception):
    """Base of the errors of this package."""


class NoRecording(PodiumError):
    """A file that `podium check --record` did not write, or a version that is not known."""

    def __init__(self, path: object) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} is no recording; make one with podium check --record FILE"
