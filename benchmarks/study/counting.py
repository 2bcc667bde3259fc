"""The service's own count before and after a slice, compared with what it was sent."""

import http.client
import json
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from reports.study.records import GENERATOR_FAILURES, SliceOutcome
from shared.address import parse_address
from shared.contract import COUNT

TIMEOUT_S = 10.0
# Requests that failed so may have been counted, or not.
UNCERTAIN = ("refused", "reset", "timeout", "short", *GENERATOR_FAILURES)


@dataclass(frozen=True)
class Miscount:
    """A service counted another number of requests than it was sent."""

    sent: int
    counted: int

    def __str__(self) -> str:
        return f"{self.sent} requests were sent and {self.counted} were counted"


class CountAsker:
    """Asks the service at `url` for its count, over one connection that stays open."""

    def __init__(self, url: str) -> None:
        address = parse_address(url)
        self._path = address.prefix + COUNT.path
        self._connection = http.client.HTTPConnection(address.host, address.port, TIMEOUT_S)

    def ask(self) -> int | None:
        """Return the answer of `GET /api/count`, itself counted; `None` without a right one.

        It is not asked again: a request whose connection failed may have been counted.
        """
        if self._connection.sock is not None and _readable(self._connection.sock):
            self.close()  # closed by the server while idle; the next request opens it again
        try:
            self._connection.request("GET", self._path)
            response = self._connection.getresponse()
            document = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return None
        count = document.get("count") if isinstance(document, Mapping) else None
        return count if response.status == 200 and isinstance(count, int) else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _readable(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0)[0])


def find_miscount(before: int | None, after: int | None, outcome: SliceOutcome) -> Miscount | None:
    """Compare the counts around a slice with what was sent; None if they agree or are not known.

    The second asking counts too. A request whose connection failed may have been counted or not.
    """
    if before is None or after is None or outcome.sent is None:
        return None
    uncertain = sum(outcome.failures.get(kind, 0) for kind in UNCERTAIN)
    counted = after - before - 1
    if outcome.sent - uncertain <= counted <= outcome.sent:
        return None
    return Miscount(outcome.sent, counted)
