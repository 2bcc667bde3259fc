"""Programs that are no part of podium, and that some tests need."""

import shutil

import pytest

DEBIAN_PACKAGES = {
    "chromium": "chromium",
    "curl": "curl",
    "git": "git",
    "h2load": "nghttp2-client",
    "hey": "hey",
    "ip": "iproute2",
    "redis-server": "redis-server",
    "wrk": "wrk",
}
"""What a test may need, and the package that has it; `.ci/run` installs each."""


def need(program: str) -> None:
    """Skips the test where `program`, one of `DEBIAN_PACKAGES`, is not installed.

    The run's summary counts such skips by these words.
    """
    package = DEBIAN_PACKAGES[program]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (Debian: {package})")
