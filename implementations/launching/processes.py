"""Which processes belong together: those below one, and those of one session."""

import os

import psutil


def descendants(pid: int) -> tuple[int, ...]:
    """All living processes below a process, sorted; empty where it is gone."""
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return ()
    return tuple(sorted(process.pid for process in below if _lives(process)))


def session_members(session: int) -> tuple[int, ...]:
    """All living processes of a session, sorted; orphans keep the session (setsid(2))."""
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
