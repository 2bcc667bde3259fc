"""What a running server got of what was asked for it, as the kernel knows it (Linux).

A knob that a program ignores, overrides or cannot have looks right in every file of settings.
"""

import os
import socket
import struct
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
# See sock_diag(7).
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_LISTENING = 1 << 10
_HEADER = struct.Struct("=IHHII")
_ASKED = struct.Struct("=BBBBI48x")
# Of an answer: family, state, timer, retransmits; the socket's own port; the longest back-log.
_ANSWERED = struct.Struct("=BBBB2s46xIII")
_READ_BYTES = 1 << 16
# Where the library of a setting's value is when a process has loaded it.
_LOADED_FROM = {"uvloop": "/uvloop/loop.", "httptools": "/httptools/parser/"}


def read_back(
    pids: Collection[int], port: int, names: Iterable[str], asked: Mapping[str, str]
) -> dict[str, str]:
    """Return what the processes of a server have, by the name of the setting; what is known.

    `names` : of variables. `asked` : all settings; of those that name a library, such as an event
    loop's, whether a process has it loaded. `open_files`, `cores` (their numbers), `processes`,
    `threads_running` and `backlog`, that of the socket that listens on `port`. Where processes
    differ, all values.
    """
    if sys.platform != "linux":
        return {}
    found = {
        "open_files": _of_all(_open_files(pid) for pid in pids),
        "cores": _of_all(_cores(pid) for pid in pids),
        "processes": str(len(pids)),
        "threads_running": str(sum(_threads(pid) for pid in pids)),
        "backlog": _backlog(port),
    }
    variables = [_variables(pid) for pid in pids]
    found |= {name: _of_all(one.get(name) for one in variables) for name in names}
    libraries = {name: value for name, value in asked.items() if value in _LOADED_FROM}
    found |= {name: _library(pids, value) for name, value in libraries.items()}
    return {name: value for name, value in found.items() if value is not None}


def _of_all(values: Iterable[str | None]) -> str | None:
    known = sorted({value for value in values if value is not None})
    return ", ".join(known) if known else None


def _open_files(pid: int) -> str | None:
    for line in _lines(pid, "limits"):
        if line.startswith("Max open files"):
            return line.split()[3]
    return None


def _cores(pid: int) -> str | None:
    with suppress(OSError):
        return " ".join(map(str, sorted(os.sched_getaffinity(pid))))
    return None


def _threads(pid: int) -> int:
    return sum(int(line.split()[1]) for line in _lines(pid, "status") if line.startswith("Threads"))


def _variables(pid: int) -> Mapping[str, str]:
    pairs = (text.partition("=") for line in _lines(pid, "environ") for text in line.split("\0"))
    return {name: value for name, _, value in pairs}


def _library(pids: Iterable[int], name: str) -> str | None:
    files = [line for pid in pids for line in _lines(pid, "maps")]
    if not files:
        return None
    return name if any(_LOADED_FROM[name] in line for line in files) else f"not {name}"


def _lines(pid: int, file: str) -> list[str]:
    try:
        return (PROC / str(pid) / file).read_text(errors="replace").splitlines()
    except OSError:
        return []


def _backlog(port: int) -> str | None:
    """Return how many connections may wait at the socket that listens on `port`."""
    found = {
        longest
        for family in (socket.AF_INET, socket.AF_INET6)
        for number, longest in _listening(family)
        if number == port
    }
    return _of_all(map(str, found))


def _listening(family: int) -> list[tuple[int, int]]:
    """Return port and longest back-log of each listening TCP socket; none where it is refused."""
    asked = _ASKED.pack(family, socket.IPPROTO_TCP, 0, 0, _LISTENING)
    header = _HEADER.pack(_HEADER.size + len(asked), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
    found: list[tuple[int, int]] = []
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(1)
            kernel.sendall(header + asked)
            while True:
                data = kernel.recv(_READ_BYTES)
                while data:
                    length, kind, *_ = _HEADER.unpack_from(data)
                    if kind != _SOCK_DIAG_BY_FAMILY:  # the end, or an error
                        return found
                    _, _, _, _, number, _, _, longest = _ANSWERED.unpack_from(data, _HEADER.size)
                    found.append((int.from_bytes(number, "big"), longest))
                    data = data[(length + 3) & ~3 :]
    except OSError:
        return found
