"""How many connections the system lets one process have."""

import resource

from benchmarks.engine.errors import TooManyConnections

OTHER_DESCRIPTORS = 64
UNLIMITED = 1 << 20


def connections_allowed(wanted: int = 0) -> int:
    """How many connections this process may have, after raising its limit of open files as far as
    it may; raises `TooManyConnections` if that is fewer than `wanted`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = UNLIMITED if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    allowed = most - OTHER_DESCRIPTORS
    if wanted > allowed:
        raise TooManyConnections(wanted, most)
    return allowed
