"""The address of a backend: `http://host:port` or `https://host:port`, with a prefix or without."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.errors import BadUrl

_PORTS = {"http": 80, "https": 443}
_PREFIX = re.compile(r"(/[\x21-\x7e]*)?")


@dataclass(frozen=True)
class Address:
    """A backend's address; `prefix` is "" or begins with a slash and does not end with one."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}://{host_field(self.host, self.port)}{self.prefix}"


def parse_address(url: str, prefix: str = "") -> Address:
    """Return the address in `url`, with `prefix` after its path; raises `BadUrl`.

    A name and password in the address are refused, so that they are never written down.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError as exc:
        raise BadUrl(url) from exc
    path = parts.path.rstrip("/") + prefix.rstrip("/")
    wrong = (
        parts.scheme not in _PORTS
        or not host
        or parts.query
        or parts.fragment
        or _PREFIX.fullmatch(path) is None
    )
    if wrong or "@" in parts.netloc:
        raise BadUrl(url)
    return Address(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)


def host_field(host: str, port: int) -> str:
    """Return the value of the `Host` field (RFC 9112 section 3.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
