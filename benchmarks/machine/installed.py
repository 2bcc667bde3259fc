"""The Python here, and the versions of some packages and of all that these require.

Needs nothing but the standard library: another Python runs this file as a script.
"""

import json
import platform
import re
import sys
from collections.abc import Iterable
from importlib import metadata


def installed(names: Iterable[str]) -> dict[str, object]:
    """Return `python` and `packages`, as far as they are installed; extras are to be named."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = re.sub("[-_.]+", "-", waiting.pop()).lower()
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if name not in found:
            found[name] = distribution.version
            needed = [line for line in distribution.requires or () if "extra ==" not in line]
            waiting += [re.split("[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in needed]
    return {"python": platform.python_version(), "packages": dict(sorted(found.items()))}


if __name__ == "__main__":
    print(json.dumps(installed(sys.argv[1:])))
