"""Addresses as people write them: the URL of a backend, and the host that a server listens on."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.errors import BadHost, BadUrl

_PORTS = {"http": 80, "https": 443}
_PREFIX = re.compile(r"(/[\x21-\x7e]*)?")
_NAME = r"[\w.-]+"
_IPV6 = r"\[[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*\]"
_HOST_AND_PORT = re.compile(rf"({_NAME}|{_IPV6})(:[0-9]*)?")
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it is compared, not listened on


@dataclass(frozen=True)
class Address:
    """A backend's address; `prefix` is "" or begins with a slash and does not end with one."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}://{host_field(self.host, self.port)}{self.prefix}"

    @property
    def usual_host_field(self) -> str:
        """The `Host` that most clients send: without the port where it is the scheme's own."""
        usual = host_field(self.host, self.port)
        port = _PORTS[self.scheme]
        return usual.removesuffix(f":{port}") if self.port == port else usual


def parse_address(url: str, prefix: str = "", *, plain: bool = False) -> Address:
    """Return the address in `url`, with `prefix` after its path; raises `BadUrl`.

    A name and password in the address are refused, so that they are never written down. `plain`
    refuses https too. White space around the address is none of it, as where a file was read.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        # Besides names in other scripts this finds labels that no resolver takes.
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError as exc:
        raise BadUrl(url, "secret" if "@" in url else "form") from exc
    path = parts.path.rstrip("/") + prefix.rstrip("/")
    if "@" in parts.netloc:
        raise BadUrl(url, "secret")
    if parts.netloc.startswith("[") and "%" in parts.netloc:
        raise BadUrl(url, "zone")
    if (
        parts.scheme not in _PORTS
        or not host
        or port == 0
        or len(url.split()) != 1  # urlsplit leaves out tabs and line ends
        or _HOST_AND_PORT.fullmatch(parts.netloc) is None
        or _PREFIX.fullmatch(path) is None
    ):
        raise BadUrl(url, "form")
    if parts.query or parts.fragment:
        raise BadUrl(url, "query")
    if plain and parts.scheme != "http":
        raise BadUrl(url, "tls")
    return Address(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)


def host_field(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 host in brackets (RFC 9112 section 3.2, RFC 3986 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen_hosts(host: str) -> list[str]:
    """Return the IP addresses that a server may listen on for `host`, the one to try first first.

    A name's IPv4 addresses come before its IPv6 ones, the lower of a kind before the higher, so
    that the choice does not depend on the order in which they are found. Raises `BadHost`.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not bare:
        raise BadHost(host, "it is empty; give 127.0.0.1, or 0.0.0.0 for all IPv4 addresses")
    if "/" in bare or re.fullmatch(rf"({_NAME}|{_IPV6}):[0-9]+", host):
        raise BadHost(host, "it is more than a host; give its port with --port")
    try:
        found = socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise BadHost(host, exc.strerror or str(exc)) from exc
    except ValueError as exc:  # a label of more than 63 characters, a NUL
        raise BadHost(host, "it is no address and no name") from exc
    # uvicorn and granian take no zone of an IPv6 address (RFC 4007).
    addresses = {_plain(at[0]) for *_, at in found if not (len(at) == 4 and at[3])}
    if not addresses:
        raise BadHost(host, "not every server takes an address with a zone")
    return [str(ip) for ip in sorted(addresses, key=lambda ip: (ip.version, int(ip)))]


def _plain(text: str | int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the address, as IPv4 where it is one (RFC 4291 section 2.5.5.2)."""
    ip = ipaddress.ip_address(text)
    return getattr(ip, "ipv4_mapped", None) or ip


def reachable_host(host: str) -> str:
    """Return the host to connect to for a server that listens on the IP address `host`."""
    return _WILDCARDS.get(host, host)
