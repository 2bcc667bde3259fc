"""The machine and the versions a study ran with, read once when it starts."""

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import psutil

from benchmarks.machine.control_group import cpu_quota_cores, memory_limit_bytes
from benchmarks.machine.cores import CoreSplit, usable_cores
from benchmarks.machine.made_of import CHECKOUT, fingerprint, made_of
from implementations.catalogue import Stack, interpreter, versions
from reports.study.records import Environment

# What a request passes through, or what makes it, besides the stacks' own packages.
PACKAGES = (
    "podium",
    "locust",
    "gevent",
    "httptools",
    "numpy",
    "orjson",
    "pydantic",
    "scikit-learn",
    "skops",
)
# Facts that must be the same when a study is resumed.
LASTING_FACTS = (
    "cpu",
    "cores",
    "cpu_quota_cores",
    "kernel",
    "system",
    "server_cores",
    "generator_cores",
)
MEASURED = tuple(CHECKOUT / name for name in ("shared", "implementations", "benchmarks"))


def read_environment(stacks: Sequence[Stack], cores: CoreSplit) -> Environment:
    """Read all that another machine needs to repeat the study; unknown facts are left out."""
    return Environment(
        machine=_machine(cores),
        versions=_versions(stacks),
        stacks={
            stack.name: made_of(stack, python)
            for stack in stacks
            if (python := interpreter(stack)) is not None
        },
    )


def changes(then: Environment, now: Environment) -> tuple[str, ...]:
    """Return the differences for which two environments cannot belong to one study."""
    facts = [name for name in LASTING_FACTS if then.machine.get(name) != now.machine.get(name)]
    names = sorted({*then.versions, *now.versions} - {"commit"})
    others = [name for name in names if then.versions.get(name) != now.versions.get(name)]
    return (*facts, *("sources" if name == "code" else f"version of {name}" for name in others))


def _machine(cores: CoreSplit) -> dict[str, object]:
    load_1, _, _ = os.getloadavg()
    memory_bytes = psutil.virtual_memory().total
    facts: dict[str, object | None] = {
        "cpu": _cpu_model(),
        "cores": len(usable_cores()),
        "cpu_quota_cores": cpu_quota_cores(),
        "server_cores": _listed(cores.servers),
        "generator_cores": _listed(cores.generator),
        "pinned": cores.servers is not None,
        "disjoint_cores": cores.disjoint,
        "memory_bytes": min(memory_bytes, memory_limit_bytes() or memory_bytes),
        "kernel": platform.release(),
        "system": platform.platform(terse=True),
        "architecture": platform.machine(),
        "hypervisor": _hypervisor(),
        "openblas_coretype": os.environ.get("OPENBLAS_CORETYPE"),
        "frequency_governor": frequency_governor(),
        "clock_ticks_per_s": os.sysconf("SC_CLK_TCK"),
        "load_average_1_min": round(load_1, 2),
        "processes": len(psutil.pids()),
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _versions(stacks: Sequence[Stack]) -> dict[str, str]:
    found: dict[str, str | None] = {"python": platform.python_version()}
    found |= versions(sys.executable, PACKAGES)
    for stack in stacks:
        python = interpreter(stack)
        if python is None:
            continue
        mine = versions(python, stack.packages)
        own = python != sys.executable
        found |= {
            f"{name} ({stack.placed_name})" if own else name: one for name, one in mine.items()
        }
    entries = [stack.entry for stack in stacks]
    found["code"] = fingerprint([*MEASURED, *(one.project or one.directory for one in entries)])
    found["commit"] = _commit()
    return {name: version for name, version in found.items() if version is not None}


def _commit() -> str | None:
    """The checkout's commit, with a plus sign if files differ from it."""
    try:
        metadata.version("podium")
        run = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, metadata.PackageNotFoundError):
        return None
    return run.stdout.strip() or None


def _cpu_model() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or None
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or None


def _hypervisor() -> bool | None:
    try:
        flags = next(
            line for line in Path("/proc/cpuinfo").read_text().splitlines() if "flags" in line
        )
    except (OSError, StopIteration):
        return None
    return "hypervisor" in flags.split()


def frequency_governor() -> str | None:
    """Return what decides the frequency of the first core; None where that is not known."""
    try:
        file = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
        return file.read_text().strip()
    except OSError:
        return None


def _listed(cores: frozenset[int] | None) -> str | None:
    return None if cores is None else ",".join(map(str, sorted(cores)))
