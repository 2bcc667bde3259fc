"""What this machine's studies found of their twins, kept in the cache for those that follow."""

import json
import platform
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from reports.study.records import Json, TwinResult
from shared.places import cache_directory

# A machine changes with time, and these are enough.
MOST = 20
SAME = ("cpu", "cores", "server_cores", "generator_cores")
"""The facts that must be alike for two studies to have been on one machine."""


def earlier_twins(machine: Json) -> tuple[TwinResult, ...]:
    """Return those of the newest studies on such a machine; none where nothing can be read."""
    return tuple(_kept(_key(machine)))[-MOST:]


def keep_twins(machine: Json, found: TwinResult) -> None:
    """Add a study's; nothing is kept where nothing can be written."""
    line = json.dumps({"machine": _key(machine), "twins": asdict(found)}) + "\n"
    with suppress(OSError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:  # one write: two studies may end at once
            file.write(line)


def _kept(key: Json) -> Iterator[TwinResult]:
    try:
        lines = _path().read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):  # of another version, or cut off
            kept = json.loads(line)
            if kept["machine"] == key:
                yield TwinResult(**kept["twins"])


def _key(machine: Json) -> dict[str, object]:
    return {name: machine.get(name) for name in SAME}


def _path() -> Path:
    return cache_directory() / f"twins-{platform.node() or 'here'}.jsonl"
