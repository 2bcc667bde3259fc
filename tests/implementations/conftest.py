"""The implementations that there are, each in turn."""

import pytest

from implementations.catalogue import Entry, entries


@pytest.fixture(scope="session", params=entries(), ids=lambda entry: entry.name)
def entry(request: pytest.FixtureRequest) -> Entry:
    """Each implementation in turn."""
    return request.param
