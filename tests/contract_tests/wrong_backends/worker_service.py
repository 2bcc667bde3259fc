"""A service of two workers that count together, rightly or with one fault; see `wrong_workers`.

`python worker_service.py FAULT` prints its port. A worker that dies is replaced at once. It imports
nothing of ours, to start at once.
"""

import ctypes
import mmap
import os
import signal
import socket
import sys

WORKERS = 2
PR_SET_PDEATHSIG = 1  # prctl(2)


class Service:
    """A supervisor, its workers and the count that they share."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.count = memoryview(mmap.mmap(-1, 8)).cast("Q")

    def run(self) -> None:
        """Serves until it is killed."""
        workers = {self.start_worker() for _ in range(WORKERS)}
        print(self.listener.getsockname()[1], flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            while True:
                dead, _ = os.wait()
                workers.remove(dead)
                self.on_worker_exit()
                if self.fault != "replaces-nobody":
                    workers.add(self.start_worker())
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGKILL)

    def on_worker_exit(self) -> None:
        """Change the count when a worker dies; a right service changes nothing."""
        if self.fault == "forgets-with-the-dead":
            self.count[0] = 0
        if self.fault == "counts-the-dead":
            self.count[0] += 1

    def start_worker(self) -> int:
        """The id of a new worker process."""
        worker = os.fork()
        if worker:
            return worker
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        while True:
            self.serve_one()

    def serve_one(self) -> None:
        """One connection with one request. Requests come one after the other: no lock is needed."""
        connection, _ = self.listener.accept()
        with connection:
            while b"\r\n\r\n" not in connection.recv(64 * 1024):
                pass
            self.count[0] += 1
            content = b'{"count":%d}' % self.count[0]
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
            )


if __name__ == "__main__":
    Service(sys.argv[1]).run()
