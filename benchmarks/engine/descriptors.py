"""How many connections the system lets one process have."""

import resource

from benchmarks.engine.errors import TooManyConnections

OTHER_DESCRIPTORS = 64


def raise_descriptor_limit(connections: int) -> None:
    """Raise the soft limit of open files for this many connections; `TooManyConnections` if the
    hard limit is lower."""
    needed = connections + OTHER_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise TooManyConnections(connections, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
