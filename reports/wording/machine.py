"""The machine's facts in words and units."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reports.wording.formats import plain, size_bytes

Fact = tuple[str, Callable[[Any], str]]


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _counted(thing: str) -> Callable[[Any], str]:
    return lambda number: f"{number:g} {thing}{'' if number == 1 else 's'}"


FACTS: Mapping[str, Fact] = {
    "cpu": ("processor", str),
    "cores": ("usable", _counted("core")),
    "cpu_quota_cores": ("CPU quota", _counted("core")),
    "server_cores": ("servers on core", str),
    "generator_cores": ("load generator on core", str),
    "pinned": ("processes pinned to cores", _yes),
    "disjoint_cores": ("servers and load generator on different cores", _yes),
    "memory_bytes": ("memory", size_bytes),
    "kernel": ("kernel", str),
    "system": ("system", str),
    "architecture": ("architecture", str),
    "hypervisor": ("virtual machine", _yes),
    "openblas_coretype": ("OpenBLAS kernels for", str),
    "frequency_governor": ("frequency governor", str),
    "clock_ticks_per_s": ("step of the kernel's CPU times", lambda hz: f"{plain(1000 / hz)} ms"),
    "load_average_1_min": ("load average of the minute before", lambda load: f"{load:.2f}"),
    "processes": ("processes before the start", str),
}


def machine_facts(machine: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts by their names in words; one of another version keeps its own."""
    named = {name: FACTS.get(name, (name.replace("_", " "), str)) for name in machine}
    return {title: shown(machine[name]) for name, (title, shown) in named.items()}


def machine_summary(machine: Mapping[str, Any]) -> str:
    """Return the facts that tell one machine from another, in a few words."""
    return ", ".join(_summary(machine)) or "an unknown machine"


def _summary(machine: Mapping[str, Any]) -> Iterator[str]:
    if "cpu" in machine:
        yield re.sub(r"\((?:R|TM)\)| CPU| Processor", "", str(machine["cpu"]))
    for name in ("cores", "memory_bytes"):
        if name in machine:
            yield FACTS[name][1](machine[name])
    if machine.get("hypervisor"):
        yield "virtual"
    if system := re.match(r"(\w+)-(\d+\.\d+)", str(machine.get("system"))):
        yield " ".join(system.groups())
