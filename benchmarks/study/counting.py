"""Whether a service counted exactly what it was sent: its count before and after a slice."""

import http.client
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from benchmarks.driver import SliceOutcome
from shared.contract import COUNT

TIMEOUT_S = 10.0
# Requests that failed so may have been counted, or not.
UNCERTAIN = ("refused", "reset", "timeout", "short")


def ask_count(url: str) -> int | None:
    """The answer of `GET /api/count`, itself counted; `None` without a right one."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path.rstrip("/") + COUNT.path)
        response = connection.getresponse()
        document = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    count = document.get("count") if isinstance(document, Mapping) else None
    return count if response.status == 200 and isinstance(count, int) else None


def why_miscounted(before: int | None, after: int | None, outcome: SliceOutcome) -> str | None:
    """What is wrong with the counts around a slice, `None` if nothing, or if it cannot be told.

    The second asking counts too. A request whose connection failed may have been counted or not.
    """
    if before is None or after is None:
        return None
    uncertain = sum(outcome.failures.get(kind, 0) for kind in UNCERTAIN)
    counted = after - before - 1
    if outcome.sent - uncertain <= counted <= outcome.sent:
        return None
    return f"{outcome.sent} requests were sent and {counted} were counted"
