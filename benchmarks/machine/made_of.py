"""What a stack is made of: enough to see, between two studies, whether it changed."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.machine.installed import installed
from implementations.catalogue import Stack

CHECKOUT = Path(__file__).parents[2]
# The sources that every server process runs, besides those of its entry.
SERVED_FROM = ("shared", "implementations/launching", "implementations/servers")
# The packages that `shared` needs to serve, besides the stack's own.
OF_SHARED = ("numpy", "orjson", "pydantic", "scikit-learn", "threadpoolctl", "treelite")
INSTALLED = Path(__file__).with_name("installed.py")
TIMEOUT_S = 30.0


def made_of(stack: Stack, python: str) -> dict[str, object]:
    """Return a stack's Python, the versions of all packages it serves with, and its fingerprint.

    `python` : the interpreter that runs it. Raises OSError, subprocess.SubprocessError or
    ValueError where it fails.
    """
    names = (*stack.packages, *OF_SHARED)
    found = installed(names) if python == sys.executable else _installed_for(python, names)
    return {**found, "code": fingerprint(sources(stack))}


def _installed_for(python: str, names: Iterable[str]) -> dict[str, object]:
    run = subprocess.run(
        [python, "-I", str(INSTALLED), *names],
        capture_output=True,
        check=True,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
    )
    found: dict[str, object] = json.loads(run.stdout)
    return found


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
