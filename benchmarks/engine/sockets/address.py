"""The address of a target: its URL as connections and requests need it."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.engine.errors import CannotResolve, NotAnHttpUrl
from benchmarks.engine.sockets.readiness import original_getaddrinfo
from benchmarks.engine.sockets.request import encode_request

SocketAddress = tuple[str, int] | tuple[str, int, int, int]


@dataclass(frozen=True)
class TargetAddress:
    """A target's `Host` field, the path before all others, and its socket address."""

    host: str
    base_path: str
    family: socket.AddressFamily
    socket_address: SocketAddress

    @classmethod
    def of(cls, url: str) -> "TargetAddress":
        """Resolve the address in `url`; raises `NotAnHttpUrl` or `CannotResolve`."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise NotAnHttpUrl(url)
        try:
            found = original_getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
        except OSError as exc:
            raise CannotResolve(parts.hostname, str(exc)) from exc
        family, _, _, _, socket_address = found[0]
        return cls(parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), family, socket_address)

    def encode(self, method: str, path: str, content: bytes | None = None) -> bytes:
        """Return the bytes of a request to this target; `content` is JSON text."""
        return encode_request(method, self.base_path + path, self.host, content)
