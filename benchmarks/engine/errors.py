"""Errors of the engine before or around a run; failures in a run are counted instead."""

from benchmarks.errors import BenchmarksError


class EngineError(BenchmarksError):
    """Base of the engine's errors."""


class EngineRefused(EngineError):
    """The load process refused a command; the sentence is that of its own error."""


class NotAnHttpUrl(EngineError):
    """A URL is not plain HTTP, which is all that the engine speaks; the sentence is `BadUrl`'s."""


class CannotResolve(EngineError):
    """The target's host name has no address."""

    def __init__(self, host: str, why: str) -> None:
        self.host = host
        super().__init__(f"The host {host!r} has no address here ({why}); check the URL.")


class Miscounted(EngineError):
    """A defect of the engine: requests started and requests ended do not add up."""

    def __init__(self, started: int, ended: int) -> None:
        self.started = started
        self.ended = ended
        super().__init__(
            f"{started} requests were started and {ended} ended: report this defect of the engine."
        )


class TooManyConnections(EngineError):
    """The limit of open files is too low."""

    def __init__(self, connections: int, limit: int) -> None:
        self.connections = connections
        self.limit = limit
        super().__init__(
            f"{connections} connections need more than the {limit} open files that are allowed "
            f"here; raise the hard limit (`ulimit -Hn`) or use fewer connections."
        )


class NoExchanges(EngineError):
    """A user class yields no request."""

    def __init__(self, user_class: str) -> None:
        self.user_class = user_class
        super().__init__(f"{user_class}.exchanges() yields nothing; let it yield a request.")


class OneUserClass(EngineError):
    """Two user classes of the engine are to run in one process."""

    def __init__(self, running: str, refused: str) -> None:
        self.running = running
        self.refused = refused
        super().__init__(
            f"{refused} cannot run beside {running} in one process, because each would wait for "
            f"the other; name one of them on Locust's command line."
        )


class NginxSilent(EngineError):
    """The nginx that generators are compared against did not start."""

    def __str__(self) -> str:
        return "nginx did not start; see what it printed, or remove it from the search path."
