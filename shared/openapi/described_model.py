"""What the OpenAPI document says of the model that is served."""

from dataclasses import dataclass
from typing import Any

from shared.model.manifest import AnsweredRows, Cell, Feature, Manifest
from shared.model.rows import row_length_detail

Json = dict[str, Any]

_NUMBER: Json = {"type": "number", "format": "double"}


@dataclass(frozen=True, eq=False)
class DescribedModel:
    """Features, two rows and the answer to the first of them; one object for each model."""

    features: tuple[Feature, ...]
    rows: tuple[list[Cell], list[Cell]]
    answer: Json

    @property
    def row_schema(self) -> Json:
        """The schema of a row; JSON Schema cannot name a column, so `x-features` does."""
        values = [_value_schema(feature) for feature in self.features]
        alike = all(value == values[0] for value in values)
        width = len(values)
        return {
            "type": "array",
            "items": values[0] if alike else {"type": sorted(set().union(*map(_types, values)))},
            "minItems": width,
            "maxItems": width,
            "x-features": [feature.model_dump() for feature in self.features],
        }

    @property
    def length_detail(self) -> str:
        """What an error says of a row of another length."""
        return row_length_detail(self.features)


def describe(manifest: Manifest, sample: AnsweredRows) -> DescribedModel:
    """Return the description of a version."""
    answer: Json = {
        "model": {"name": manifest.name, "version": manifest.version},
        "predictions": sample.predictions[:1],
    }
    if sample.probabilities is not None:
        answer["probabilities"] = sample.probabilities[:1]
    return DescribedModel(tuple(manifest.features), (sample.rows[0], sample.rows[-1]), answer)


def _value_schema(feature: Feature) -> Json:
    schema: Json = {"type": "string"} if feature.type == "text" else dict(_NUMBER)
    if feature.nullable:
        schema["type"] = [schema["type"], "null"]
    return schema


def _types(schema: Json) -> set[str]:
    found = schema["type"]
    return set(found) if isinstance(found, list) else {found}
