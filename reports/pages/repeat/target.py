"""The address at which a request is repeated: a backend's, or that of a stack to serve first."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.address import Address, host_field, parse_address

SERVED_AT = Address("http", "127.0.0.1", 5000)
"""The address at which `podium serve STACK` answers."""


@dataclass(frozen=True)
class RepeatTarget:
    """An address, and how it is reached.

    stack : what has to be served there first, as `podium serve` takes it; "" for a backend that
        runs anyway.
    ca_file, verified : as in `podium check --ca-file` and `--insecure`.
    """

    address: Address
    stack: str = ""
    ca_file: Path | None = None
    verified: bool = True

    @property
    def origin(self) -> str:
        """The address as a URL, without the prefix, which is part of each request."""
        return f"{self.address.scheme}://{host_field(self.address.host, self.address.port)}"


def target_of(
    backend: str,
    ca_file: Path | None = None,
    *,
    verified: bool = True,
    entries: Sequence[Path] = (),
) -> RepeatTarget:
    """Return the target for a backend of this name, which is a stack's name or an address.

    entries : the folders of `--entry`.
    """
    if "://" in backend:
        return RepeatTarget(parse_address(backend), "", ca_file, verified)
    folders = (f"--entry {shlex.quote(str(folder))}" for folder in entries)
    return RepeatTarget(SERVED_AT, " ".join([backend, *folders]))


def variable(field_name: str) -> str:
    """The environment variable that gives a field its hidden value."""
    return re.sub(r"[^0-9A-Za-z]", "_", field_name).upper()
