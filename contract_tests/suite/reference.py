"""The answers of podium's own models, asked without a backend between."""

import functools

from shared.model.built_in import BuiltInName, built_in_version
from shared.model.model import Model, open_model
from shared.model.version import EngineChoice


@functools.cache
def reference(name: BuiltInName = "iris", engine: EngineChoice = "auto") -> Model:
    """Return a model of ours; `sklearn` is the engine that all others are judged by."""
    return open_model(built_in_version(name), engine)
