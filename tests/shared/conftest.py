"""What the tests of this folder share: the model, and patience on a busy machine."""

import pytest
from hypothesis import HealthCheck, settings

from shared.model.built_in import built_in_version
from shared.model.model import open_model

# How long an example takes says nothing about our code where other work runs beside it.
settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")


@pytest.fixture(scope="session")
def iris():
    return open_model(built_in_version("iris"))
