"""The versions in use, as a server process finds them in itself.

What an environment lists may not be what a process imports; this is asked where it serves.
"""

import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

PACKAGES_VARIABLE = "PODIUM_ENTRY_PACKAGES"
"""The variable that tells a server process of which distributions to say the versions."""
# In the working directory, which is private to one start.
VERSIONS_FILE = Path("versions.json")


def versions_inside(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of these distributions in this process, by name.

    `GIL` : whether it is on, where this Python could be without.
    """
    found = {"Python": platform.python_version()}
    enabled = getattr(sys, "_is_gil_enabled", None)
    if enabled is not None:
        found["GIL"] = "on" if enabled() else "off"
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def tell_versions() -> None:
    """Write them down for the launcher; does nothing where it was not asked to."""
    if packages := os.environ.get(PACKAGES_VARIABLE):
        part = VERSIONS_FILE.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(versions_inside(packages.split())))
        part.replace(VERSIONS_FILE)
