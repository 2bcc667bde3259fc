"""The processes of a server, found by parent or session, and the health that they report."""

import http.client
import os

import psutil

from shared.contract import HEALTH


def descendants(pid: int) -> tuple[int, ...]:
    """Return all living processes below a process, sorted; empty where it is gone."""
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return ()
    return tuple(sorted(process.pid for process in below if _lives(process)))


def session_members(session: int) -> tuple[int, ...]:
    """Return all living processes of a session, sorted; orphans keep the session (setsid(2))."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and _lives(process):
                found.append(process.pid)
        except (ProcessLookupError, PermissionError):
            continue
    return tuple(sorted(found))


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def wrong_health(host: str, port: int) -> str | None:
    """Return what is wrong with the answer to `GET /api/health`; None if nothing is."""
    health = ask_health(host, port)
    if isinstance(health, str):
        return health
    if health != (200, b'{"status":"ok"}'):
        return f"GET {HEALTH.path} gives {health[0]} {health[1][:80]!r}"
    return None


def ask_health(host: str, port: int) -> tuple[int, bytes] | str:
    """Return status and content of the answer to `GET /api/health`, or why there is none."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", HEALTH.path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as exc:
        return f"GET {HEALTH.path} gives {type(exc).__name__}"
    finally:
        connection.close()
