"""The model that the tests of its parts share."""

import pytest

from shared.model import train


@pytest.fixture(scope="session")
def iris():
    return train()
