"""What a stack is made of: enough to see, between two studies, whether it changed."""

import hashlib
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from implementations.catalogue import Stack

CHECKOUT = Path(__file__).parents[2]
# The sources that every server process runs, besides those of its entry.
SERVED_FROM = ("shared", "implementations/launching", "implementations/servers")
# The packages that `shared` needs to serve, besides the stack's own.
OF_SHARED = ("numpy", "orjson", "pydantic", "scikit-learn", "threadpoolctl", "treelite")
TIMEOUT_S = 30.0


def made_of(stack: Stack, python: str) -> dict[str, object]:
    """Return a stack's Python, the versions of all packages it serves with, and its fingerprint.

    `python` : the interpreter that runs it. Raises OSError, subprocess.SubprocessError or
    ValueError where it fails.
    """
    run = subprocess.run(
        [python, "-I", "-c", _PROBE, *stack.packages, *OF_SHARED],
        capture_output=True,
        check=True,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
    )
    return {**json.loads(run.stdout), "code": fingerprint(sources(stack))}


def sources(stack: Stack) -> tuple[Path, ...]:
    """Return the folders of all sources that may change without a version of theirs changing."""
    project = stack.entry.project or CHECKOUT
    checkout = stack.asked.path if stack.asked else None
    of_framework = () if checkout is None or not checkout.is_dir() else (checkout,)
    return (*(project / name for name in SERVED_FROM), stack.entry.directory, *of_framework)


def fingerprint(folders: Iterable[Path]) -> str:
    """Return a digest of the sources in these folders, the same wherever the folders lie."""
    digest = hashlib.sha256()
    for folder in folders:
        files = [*folder.rglob("*.py"), *folder.rglob("*.toml")]
        for name, file in sorted((file.relative_to(folder).as_posix(), file) for file in files):
            content = file.read_bytes()
            digest.update(f"{name} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:12]


# Of what is named and all that it requires, as far as that is installed; extras are named by
# whoever needs them.
_PROBE = """
import json, platform, re, sys
from importlib import metadata
found, waiting = {}, sys.argv[1:]
while waiting:
    name = re.sub("[-_.]+", "-", waiting.pop()).lower()
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        continue
    if name not in found:
        found[name] = distribution.version
        needed = [line for line in distribution.requires or () if "extra ==" not in line]
        waiting += [re.match("[A-Za-z0-9._-]+", line)[0] for line in needed]
packages = dict(sorted(found.items()))
print(json.dumps({"python": platform.python_version(), "packages": packages}))
"""
