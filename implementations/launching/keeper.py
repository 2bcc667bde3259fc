"""The process between us and a server: whatever happens to its owner, the server's tree ends.

Run by its file, `python -I -S keeper.py GRACE_S CORES DIRECTORY LOG COMMAND…`, in a session of its
own. It starts COMMAND on the given cores (`0,1`; empty: all), appends what that prints to the file
LOG (empty: it prints where we do), of which it keeps the end, and sleeps until

- the server ends by itself,
- its standard input says `stop`, or ends because its owner is gone (also after `kill -9`), or it
  gets SIGTERM: then the server gets SIGTERM, and after GRACE_S the whole tree gets SIGKILL,
- its standard input says `kill`: SIGKILL at once.

Then it removes DIRECTORY and exits with the server's status (128 + n if signal n ended it). If the
keeper itself is killed, the kernel kills the server (`PR_SET_PDEATHSIG`, Linux).

It imports only the standard library, as little of it as it can: it starts with each server.
"""

import ctypes
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

LINUX = sys.platform == "linux"
# The one prctl of podium's processes; it stands here because the keeper, run by its file with
# `-I -S`, can import nothing of ours.
PR_SET_PDEATHSIG = 1  # prctl(2)
PR_SET_CHILD_SUBREAPER = 36
LEFTOVER_S = 1.0  # for what outlives the server process for a moment, such as a resource tracker
LOG_BYTES = 1024 * 1024  # of what a server prints; it is cut to the last half of that
STOP, KILL = b"s", b"k"
# Open files where no limit is set: Linux's own default limit (fs.nr_open), and OPEN_MAX of macOS.
UNLIMITED_FILES = 1 << 20 if LINUX else 10240


def prctl(option: int, value: int) -> None:
    """Set an option of this process (man 2 prctl) on Linux; do nothing elsewhere."""
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def open_files() -> int:
    """Return how many files `start` lets a server open: as many as the system does."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return UNLIMITED_FILES if hard == resource.RLIM_INFINITY else hard


class Log:
    """What the server prints: read from a pipe, kept in a file that does not grow without end."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_APPEND)
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)

    def copy(self) -> bool:
        """Keep what was printed since; return False where nothing was, or nobody prints any more.

        What a full disk does not take is lost: it is no reason to end a server.
        """
        try:
            printed = os.read(self.reader, LOG_BYTES // 2)
        except BlockingIOError:
            return False
        with suppress(OSError):
            os.write(self._file, printed)
            size = os.fstat(self._file).st_size
            if size > LOG_BYTES:
                end = os.pread(self._file, LOG_BYTES // 2, size - LOG_BYTES // 2)
                os.ftruncate(self._file, 0)
                os.write(self._file, end)
        return bool(printed)


def start(command: Sequence[str], cores: str, output: int | None) -> int:
    """Start the server process, which prints to `output`; return its id."""
    keeper = os.getpid()
    process = os.fork()
    if process:
        return process
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(1)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
            signal.signal(number, signal.SIG_DFL)
        if cores and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, [int(core) for core in cores.split(",")])
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files(), hard))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if output is not None:
            os.dup2(output, 1)
            os.dup2(output, 2)
        os.execvp(command[0], list(command))  # noqa: S606 - no shell is wanted
    except BaseException as exc:  # the child of a fork must never run its parent's code
        os.write(2, f"cannot start {command[0]}: {exc}\n".encode())
        os._exit(127)


class Tree:
    """The server's processes: the first, and all that come from it."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.status: int | None = None

    def reap(self) -> None:
        """Take the status of every child that has ended; orphans have become our children."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            if process == self.root:
                code = os.waitstatus_to_exitcode(status)
                self.status = code if code >= 0 else 128 - code

    def living(self) -> list[int]:
        """Return all processes of the tree that have not ended."""
        parents = {pid: parent for pid, parent, _ in _processes()}
        found, edge = [], {os.getpid()}
        while edge:
            edge = {pid for pid, parent in parents.items() if parent in edge}
            found += sorted(edge)
        if not LINUX:  # no subreaper there: orphans are found by the process group they keep
            group = os.getpgrp()
            found += [pid for pid, _, of in _processes() if of == group and pid not in found]
        return [pid for pid in found if pid != os.getpid()]

    def kill(self) -> None:
        """Kill all until none is left; give up after 5 s on what hangs in the kernel."""
        deadline = time.monotonic() + 5
        while (left := self.living()) and time.monotonic() < deadline:
            for process in left:
                send(process, signal.SIGKILL)
            self.reap()
            time.sleep(0.005)
        self.reap()


def send(process: int, number: int) -> None:
    """Send a signal, if the process is still there."""
    with suppress(ProcessLookupError):
        os.kill(process, number)


def _processes() -> Iterator[tuple[int, int, int]]:
    """Yield id, parent and process group of every process that has not ended."""
    if LINUX:
        for name in os.listdir("/proc"):  # noqa: PTH208 (pathlib is slow to import)
            if name.isdecimal():
                try:
                    fields = _read(f"/proc/{name}/stat").rpartition(b")")[2].split()
                except OSError:
                    continue
                if fields[0] not in (b"Z", b"X"):
                    yield int(name), int(fields[1]), int(fields[2])
        return
    with os.popen("ps -A -o pid=,ppid=,pgid=,stat=") as listing:  # noqa: S605 - the words are fixed
        for line in listing:
            pid, parent, group, state = line.split(None, 3)
            if not state.startswith("Z"):
                yield int(pid), int(parent), int(group)


def _read(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 4096)
    finally:
        os.close(file)


class Events:
    """The events that the keeper waits for: its owner, standard input, signals, server's output."""

    def __init__(self, log: Log | None) -> None:
        self._asked = False
        self._log = log
        self._signals, writer = os.pipe()
        for end in (self._signals, writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup lets it be
                signal.signal(number, self._ask)
        # A child that the owner forked may hold the other end of our input longer than the owner.
        self._owner = os.pidfd_open(os.getppid()) if hasattr(os, "pidfd_open") else -1
        self._poll = select.poll()
        for end in (0, self._signals, self._owner, -1 if log is None else log.reader):
            if end >= 0:
                self._poll.register(end, select.POLLIN)

    def _ask(self, *_: object) -> None:
        self._asked = True

    def wait(self, timeout_s: float | None) -> bytes:
        """Return the word that came, STOP or KILL; empty after another event, or `timeout_s`."""
        ready = {fd for fd, _ in self._poll.poll(None if timeout_s is None else timeout_s * 1000)}
        if self._signals in ready:
            os.read(self._signals, 4096)
        if self._log is not None and self._log.reader in ready and not self._log.copy():
            self._poll.unregister(self._log.reader)
        word = b""
        if 0 in ready:
            word = os.read(0, 1)
            if not word:
                self._poll.unregister(0)
        if self._owner in ready:
            self._poll.unregister(self._owner)
        gone = {0, self._owner} & ready and not word
        return word or (STOP if gone or self._asked else b"")


def keep(grace_s: float, cores: str, log: Log | None, command: Sequence[str]) -> int:
    """Run the server until it ends or is to end; leave nothing of it and return its status."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the owner may have blocked some
    events = Events(log)
    tree = Tree(start(command, cores, log.writer if log else None))
    if log is not None:
        os.close(log.writer)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # only now: the server would inherit it
    kill_at: float | None = None
    while tree.status is None:
        word = events.wait(None if kill_at is None else max(0.0, kill_at - time.monotonic()))
        tree.reap()
        if word == KILL or (kill_at is not None and time.monotonic() >= kill_at):
            break
        if word == STOP and kill_at is None and tree.status is None:
            send(tree.root, signal.SIGTERM)
            kill_at = time.monotonic() + grace_s
    leave_at = time.monotonic() + (0 if tree.status is None else LEFTOVER_S)
    while time.monotonic() < leave_at and tree.living():
        time.sleep(0.01)
        tree.reap()
    tree.kill()
    while log is not None and log.copy():
        pass
    return 128 + signal.SIGKILL if tree.status is None else tree.status


def main(arguments: Sequence[str]) -> int:
    grace_s, cores, directory, log, *command = arguments
    try:
        return keep(float(grace_s), cores, Log(log) if log else None, command)
    finally:
        import shutil  # noqa: PLC0415 (slow to import, and not needed before)

        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
