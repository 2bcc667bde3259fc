"""Whether a service that was just started answers, and rightly."""

import http.client

from shared.contract import HEALTH


def wrong_health(host: str, port: int) -> str | None:
    """What is wrong with the answer to `GET /api/health`; None if nothing is."""
    health = ask_health(host, port)
    if isinstance(health, str):
        return health
    if health != (200, b'{"status":"ok"}'):
        return f"GET {HEALTH.path} gives {health[0]} {health[1][:80]!r}"
    return None


def ask_health(host: str, port: int) -> tuple[int, bytes] | str:
    """Status and content of the answer to `GET /api/health`, or why there is none."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", HEALTH.path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as exc:
        return f"GET {HEALTH.path} gives {type(exc).__name__}"
    finally:
        connection.close()
