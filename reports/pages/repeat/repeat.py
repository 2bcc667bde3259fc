"""Repetition of a request byte for byte: a `curl` line, or a script where curl cannot do it."""

import re
from dataclasses import dataclass
from typing import Literal

from reports.pages.repeat.curl_line import curl_line
from reports.pages.repeat.script import script
from reports.pages.repeat.target import RepeatTarget
from shared.address import host_field

_LAUNCHED_HOST = re.compile(rb"(?<=\r\nHost: )127\.0\.0\.1:[0-9]+(?=\r\n)")


@dataclass(frozen=True)
class Repeat:
    """A line for the shell, or a script for Python, that sends a request once more."""

    kind: Literal["curl", "python"]
    text: str


def repeat(sent: bytes, target: RepeatTarget) -> Repeat:
    """Return a line or a script that sends these bytes once more."""
    if target.stack:
        # For the run it was launched on a free port.
        address = host_field(target.address.host, target.address.port)
        sent = _LAUNCHED_HOST.sub(address.encode(), sent)
    line = curl_line(sent, target)
    return Repeat("curl", line) if line is not None else Repeat("python", script(sent, target))
