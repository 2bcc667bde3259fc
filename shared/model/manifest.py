"""The manifest of a model's version: all that is known of it beside its files."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EngineName = Literal["sklearn", "compiled"]
FeatureType = Literal["number", "text"]
Cell = float | str | None
"""One value of a row: a number, text, or nothing where a value is missing."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Feature(_Record):
    """One column of a model's rows. `nullable`: whether a value may be missing."""

    name: str
    type: FeatureType = "number"
    nullable: bool = False


class Worst(_Record):
    """The row on which an engine differs from the reference, and how.

    An answer is `None` where the row is out of range; `difference` too, where only one is, or where
    only the names of the classes differ.
    """

    row: list[Cell]
    reference: list[float] | str | None
    engine: list[float] | str | None
    difference: float | None


class Parity(_Record):
    """The comparison of an engine with scikit-learn's answers.

    `rows` : how many were compared, by their kind. `largest_difference` : of probabilities or
    values, as a share of 1 + the reference's. `worst` : the row that failed, where one did.
    """

    rows: dict[str, int]
    largest_difference: float
    worst: Worst | None = None


class EngineReport(_Record):
    """Whether an engine can serve the version, and what that was judged by.

    `refused` : why it cannot; `None` where it can.
    """

    refused: str | None = None
    parity: Parity | None = None


class AnsweredRows(_Record):
    """Rows of the model with scikit-learn's answers; `probabilities` where it gives them."""

    rows: list[list[Cell]]
    predictions: list[str] | list[float]
    probabilities: list[list[float]] | None = None


class Manifest(_Record):
    """What a version is: its rows and answers, its origin, its files, its engines.

    `classes` : names in the order of the probabilities; `None` of a regression. `probabilities` :
    whether it gives them. `largest_probability` : whether its prediction is always the class of
    the largest one. `scores` : by name, on rows that it was not trained on. `data_sha256` : of the
    rows that it was trained on, or of the sample where those are not known. `code_sha256` : of what
    made it: the training's source, or the file that was added. `libraries` : versions by name.
    `files` : SHA-256 by file name. `trusted` : types in the model's file that were trusted by name.
    `engine` : the fastest whose parity holds. `thread_safe` : whether threads may ask the reference
    engine at once.
    """

    format: Literal[1] = 1
    name: str
    version: str
    made_at: str
    features: list[Feature] = Field(min_length=1)
    classes: list[str] | None
    probabilities: bool
    largest_probability: bool
    scores: dict[str, float]
    data_sha256: str
    code_sha256: str
    libraries: dict[str, str]
    files: dict[str, str]
    trusted: list[str] = []
    engine: EngineName
    engines: dict[EngineName, EngineReport]
    thread_safe: bool

    @property
    def regression(self) -> bool:
        """Whether a prediction is a number."""
        return self.classes is None
