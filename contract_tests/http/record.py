"""The last exchanges with a backend, kept so that a failure can be shown byte for byte."""

from collections import deque
from collections.abc import Iterable

from reports.check.results import KEPT_BYTES, WireBytes

KEPT_EXCHANGES = 12


class OpenExchange:
    """One exchange while it goes on; what comes in pieces is joined when it is asked for."""

    def __init__(self) -> None:
        self._sent: list[bytes] = []
        self._received: list[bytes] = []

    @property
    def is_answered(self) -> bool:
        """Whether anything was received."""
        return bool(self._received)

    def note_sent(self, *pieces: bytes) -> None:
        """Note bytes that were sent."""
        self._sent += pieces

    def note_received(self, *pieces: bytes) -> None:
        """Note bytes that have come."""
        self._received += pieces

    def wire(self) -> WireBytes:
        """Return the bytes sent and received so far."""
        return WireBytes(_joined(self._sent), _joined(self._received))


class Record:
    """The last exchanges, oldest first, whichever connection or thread they were on."""

    def __init__(self) -> None:
        self._exchanges: deque[OpenExchange] = deque(maxlen=KEPT_EXCHANGES)

    def __bool__(self) -> bool:
        return bool(self._exchanges)

    def begin(self) -> OpenExchange:
        """A new exchange."""
        exchange = OpenExchange()
        self._exchanges.append(exchange)
        return exchange

    def clear(self) -> None:
        """Forget all exchanges."""
        self._exchanges.clear()

    def take(self) -> list[OpenExchange]:
        """Return the exchanges and forget them."""
        taken = list(self._exchanges)
        self.clear()
        return taken

    def keep(self, exchanges: Iterable[OpenExchange]) -> None:
        """Add exchanges that were taken before."""
        self._exchanges.extend(exchanges)

    def wires(self) -> tuple[WireBytes, ...]:
        """Return the bytes of all exchanges."""
        return tuple(exchange.wire() for exchange in tuple(self._exchanges))


def _joined(pieces: list[bytes]) -> bytes:
    kept, room = [], KEPT_BYTES
    for piece in pieces:
        kept.append(piece[:room])
        room -= len(kept[-1])
        if not room:
            break
    return b"".join(kept)
