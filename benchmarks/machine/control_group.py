"""The limits of the control groups that this process is in (Linux, cgroups(7), both versions).

A group's limit binds all groups below it, so each is looked for from our own group up to the
highest that can be seen.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path("/")
# Version 1 says so for "no limit": the largest multiple of a page.
NO_LIMIT_BYTES = 1 << 60


def cpu_quota_cores(root: Path = ROOT) -> float | None:
    """Return the share of the machine that the tightest quota grants, in cores; None without one.

    `root` : the folder in which `proc` and the mounts of control groups are.
    """
    quotas = [quota for folder in _folders(root) for quota in _quotas(folder)]
    return min(quotas, default=None)


def throttled_s(root: Path = ROOT) -> float | None:
    """Return the time for which quotas have stopped these groups, all cores added up.

    None where the kernel does not count it.
    """
    found = [seconds for folder in _folders(root) for seconds in _throttled(folder)]
    return sum(found) if found else None


def memory_limit_bytes(root: Path = ROOT) -> int | None:
    """Return the tightest limit of memory; None without one."""
    texts = [
        text
        for folder in _folders(root)
        for name in ("memory.max", "memory.limit_in_bytes")
        if (text := _read(folder / name)) is not None
    ]
    limits = [int(text) for text in texts if text.isdecimal() and int(text) < NO_LIMIT_BYTES]
    return min(limits, default=None)


def _quotas(folder: Path) -> Iterator[float]:
    quota, _, period = (_read(folder / "cpu.max") or "").partition(" ")
    with suppress(ValueError):  # "max" is no quota
        yield int(quota) / int(period)
    quota_us, period_us = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
    if quota_us and period_us and int(quota_us) > 0:
        yield int(quota_us) / int(period_us)


def _throttled(folder: Path) -> Iterator[float]:
    for line in (_read(folder / "cpu.stat") or "").splitlines():
        name, _, value = line.partition(" ")
        if name == "throttled_usec":
            yield int(value) / 1e6
        elif name == "throttled_time":
            yield int(value) / 1e9


@cache  # a process stays in its group, and these are read around every slice
def _folders(root: Path) -> frozenset[Path]:
    """Return the folders of our groups and of those above them, in all hierarchies."""
    groups = {}
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), path))
    found: set[Path] = set()
    for line in (_read(root / "proc/self/mountinfo") or "").splitlines():
        mount, _, filesystem = line.partition(" - ")
        kind, _, options = filesystem.split(" ")[:3]
        names = {"cgroup2": [""], "cgroup": options.split(",")}.get(kind, [])
        top, point = mount.split(" ")[3:5]
        for path in {groups[name] for name in names if name in groups}:
            found.update(_upwards(root / point.lstrip("/"), top, path))
    return frozenset(found)


def _upwards(point: Path, top: str, path: str) -> Iterator[Path]:
    """Yield the group's folder under the mount point of `top`, and those above it."""
    folder = point
    # Elsewhere our group is outside of what is mounted here, and the mount is all that is seen.
    if Path(path).is_relative_to(top) and ".." not in path:
        folder = point / Path(path).relative_to(top)
    yield folder
    while folder != point:
        folder = folder.parent
        yield folder


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None
