"""A Python script that sends exact bytes, and needs nothing but Python."""

import os
import re

from reports.check.results import HIDDEN, KEPT_BYTES
from reports.pages.repeat.target import RepeatTarget, variable

_LINE = 88
_LINE_END = b"\r\n"
_REPEATED = re.compile(rb"(.{1,80}?)\1{7,}", re.DOTALL)
_HIDDEN_FIELD = re.compile(rb"([^:\r\n]+): %b\r\n" % HIDDEN.encode())


def script(sent: bytes, target: RepeatTarget) -> str:
    """The script; it prints what comes back within 5 s, or until the other side closes."""
    address = target.address
    tls = address.scheme == "https"
    hides = HIDDEN.encode() in sent
    imports = [*(["os"] if hides else []), "socket", *(["ssl"] if tls else [])]
    lines = [
        *(f"import {name}" for name in imports),
        "",
        "sent = (",
        *(f"    {piece}" for piece in _pieces(sent)),
        ")",
        f"connection = socket.create_connection(({address.host!r}, {address.port}), timeout=5)",
        *(_secured(target) if tls else []),
        "connection.sendall(sent)",
        *(["connection.shutdown(socket.SHUT_WR)"] if _is_cut(sent) and not tls else []),
        "try:",
        "    while received := connection.recv(65536):",
        '        print(received.decode("latin-1"), end="", flush=True)',
        "except TimeoutError:",
        "    pass",
    ]
    if len(sent) >= KEPT_BYTES:
        lines.insert(0, "# The case sent more than this; the rest was not kept.")
    return "\n".join(lines) + "\n"


def _secured(target: RepeatTarget) -> list[str]:
    if not target.verified:
        context = "ssl._create_unverified_context()"
    elif target.ca_file is not None:
        context = f"ssl.create_default_context(cafile={os.fspath(target.ca_file)!r})"
    else:
        context = "ssl.create_default_context()"
    return [
        f"context = {context}",
        f"connection = context.wrap_socket(connection, server_hostname={target.address.host!r})",
    ]


def _is_cut(sent: bytes) -> bool:
    """Whether the bytes end before a request does, so that the script must end its sending side."""
    head, end, content = sent.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *([0-9]{1,18})\r?$", head, re.I | re.M)
    chunked = re.search(rb"\r\ntransfer-encoding: *chunked", head, re.I) is not None
    if chunked:
        return not content.endswith(b"0\r\n\r\n")
    return not end or (length is not None and len(content) < int(length[1]))


def _pieces(sent: bytes) -> list[str]:
    """The bytes as expressions that stand below each other: a line of a head each, then content.

    What repeats itself is written once, so that a megabyte of content is one short line.
    """
    head, end, content = sent.partition(b"\r\n\r\n")
    lines = [line for line in re.split(rb"(?<=\r\n)", head + end) if line]
    pieces = [piece for line in lines for piece in _field_or_literals(line)]
    pieces += _literals(content)
    return [piece if index == 0 else f"+ {piece}" for index, piece in enumerate(pieces or ["b''"])]


def _field_or_literals(line: bytes) -> list[str]:
    hidden = _HIDDEN_FIELD.fullmatch(line)
    if hidden is None:
        return _literals(line)
    name = hidden[1].decode("latin-1")
    value = f'os.environ["{variable(name)}"].encode("latin-1")'
    return [f"{f'{name}: '.encode()!r} + {value} + {_LINE_END!r}"]


def _literals(data: bytes) -> list[str]:
    pieces, done = [], 0
    for found in _REPEATED.finditer(data):
        unit, times = found[1], len(found[0]) // len(found[1])
        if len(found[0]) < _LINE:
            continue
        pieces += _wrapped(data[done : found.start()])
        pieces.append(f"{unit!r} * {times}")
        done = found.start() + len(unit) * times
    return pieces + _wrapped(data[done:])


def _wrapped(data: bytes) -> list[str]:
    return [repr(data[start : start + _LINE]) for start in range(0, len(data), _LINE)]
