"""The address of a target: its URL as connections and requests need it."""

import socket
from dataclasses import dataclass

from benchmarks.engine.errors import CannotResolve, NotAnHttpUrl
from benchmarks.engine.sockets.readiness import original_getaddrinfo, original_socket
from benchmarks.engine.sockets.request import encode_request
from shared.address import parse_address
from shared.errors import BadUrl

SocketAddress = tuple[str, int] | tuple[str, int, int, int]

PROBE_S = 1.0


@dataclass(frozen=True)
class TargetAddress:
    """A target's `Host` field, the path before all others, and its socket address."""

    host: str
    base_path: str
    family: socket.AddressFamily
    socket_address: SocketAddress

    @classmethod
    def of(cls, url: str) -> "TargetAddress":
        """Return the address in `url`: of several, the first that takes a connection.

        The first of all where none does. Raises `NotAnHttpUrl` or `CannotResolve`.
        """
        try:
            address = parse_address(url, plain=True)
        except BadUrl as exc:
            raise NotAnHttpUrl(f"{exc}.") from exc
        try:
            found = original_getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except OSError as exc:
            raise CannotResolve(address.host, str(exc)) from exc
        places = [(family, socket_address) for family, _, _, _, socket_address in found]
        taking = (place for place in places if len(places) > 1 and _takes_connections(*place))
        family, socket_address = next(taking, places[0])
        return cls(address.usual_host_field, address.prefix, family, socket_address)

    def encode(self, method: str, path: str, content: bytes | None = None) -> bytes:
        """Return the bytes of a request to this target; `content` is JSON text."""
        return encode_request(method, self.base_path + path, self.host, content)


def _takes_connections(family: socket.AddressFamily, socket_address: SocketAddress) -> bool:
    with original_socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_S)
        code: int = probe.connect_ex(socket_address)
        return code == 0
