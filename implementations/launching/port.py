"""A port of our own: free before the server starts, and kept from others until it listens."""

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from implementations.errors import AddressUnusable, PortBusy

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it is compared, not listened on


def reachable_host(host: str) -> str:
    """Return the host to connect to for a server that listens on `host`."""
    return _WILDCARDS.get(host, host)


def address(host: str, port: int) -> str:
    """Return `host:port`, with an IPv6 host in brackets (RFC 3986 section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def reserved_port(host: str, port: int | None) -> Iterator[int]:
    """Hold a port that nobody listens on, `port` or any, while a server is started on it.

    It stays bound without listening. A server that sets SO_REUSEADDR, as all do, can bind it
    beside us on Linux; nobody gets it by asking for any free port. Raises PortBusy and
    AddressUnusable.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as reservation:
        # Without it, connections of an earlier server in TIME_WAIT would count as busy.
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            reservation.bind((host, port or 0))
        except (OSError, OverflowError) as exc:
            if isinstance(exc, OSError) and exc.errno == errno.EADDRINUSE:
                raise PortBusy(host, port or 0) from exc
            reason = getattr(exc, "strerror", None) or str(exc)
            raise AddressUnusable(host, port or 0, reason) from exc
        number = reservation.getsockname()[1]
        # macOS lets us bind beside a listener on all addresses; connecting there tells.
        if port is not None and _answers(family, host, port):
            raise PortBusy(host, port)
        if sys.platform != "linux":
            reservation.close()
        yield number


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((reachable_host(host), port)) == 0
