"""A port of our own: free before the server starts, and kept from others until it listens."""

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from implementations.errors import AddressUnusable, PortBusy
from shared.address import listen_hosts, reachable_host

# A broadcast or multicast address; one of IPv6 where that is turned off.
_UNREACHABLE = (errno.EACCES, errno.ENETUNREACH, errno.EADDRNOTAVAIL)


@contextmanager
def reserved_port(host: str, port: int | None) -> Iterator[tuple[str, int]]:
    """Hold a port that nobody listens on, `port` or any, while a server is started on it.

    Yields the first IP address of `host` that can be listened on, and the port. It stays bound
    without listening. A server that sets SO_REUSEADDR, as all do, can bind it beside us on Linux;
    nobody gets it by asking for any free port. Raises BadHost, PortBusy and AddressUnusable.
    """
    unusable: list[AddressUnusable] = []
    for ip in listen_hosts(host):
        with ExitStack() as held:
            try:
                number = _reserve(ip, port, held)
            except AddressUnusable as exc:
                unusable.append(exc)
                continue
            if sys.platform != "linux":
                held.close()
            yield ip, number
            return
    raise unusable[0]


def _reserve(ip: str, port: int | None, held: ExitStack) -> int:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    try:
        reservation = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
        # Without it, connections of an earlier server in TIME_WAIT would count as busy.
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind((ip, port or 0))
    except (OSError, OverflowError) as exc:
        if isinstance(exc, OSError) and exc.errno == errno.EADDRINUSE:
            raise PortBusy(ip, port or 0) from exc
        reason = getattr(exc, "strerror", None) or str(exc)
        raise AddressUnusable(ip, port or 0, reason) from exc
    number: int = reservation.getsockname()[1]
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        code = probe.connect_ex((reachable_host(ip), number))
    # macOS lets us bind beside a listener on all addresses; connecting there tells.
    if code == 0 and port is not None:
        raise PortBusy(ip, number)
    if code in _UNREACHABLE:
        raise AddressUnusable(ip, number, "no client can connect to it")
    return number
