"""A Redis of a test's own, in memory, on a free port of the loopback; it can fall silent or die."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.programs import need

DEADLINE_S = 20


class RedisServer:
    """The server; it writes nothing but its log."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """Asks once, and does not wait between attempts."""
        return redis.Redis(port=self.port, decode_responses=True, retry=Retry(NoBackoff(), 0))

    def start(self) -> None:
        """Starts it, empty, and waits until it answers."""
        settings = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no"}
        arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        with (self._directory / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", *arguments], cwd=self._directory, stdout=log, stderr=log
            )
        deadline = time.monotonic() + DEADLINE_S
        with self.client() as client:
            while not self._answers(client):
                assert self._process.poll() is None, (self._directory / "redis.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.01)

    def stop(self) -> None:
        """Ends it; connections to it are refused from now on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def fall_silent(self) -> None:
        """Lets it take connections and bytes, and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def speak_again(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    @staticmethod
    def _answers(client: redis.Redis) -> bool:
        try:
            return client.ping()
        except redis.ConnectionError:
            return False


@contextmanager
def redis_server(directory: Path) -> Iterator[RedisServer]:
    """A server that runs until the end of the block; skips the test where there is no Redis."""
    need("redis-server")
    server = RedisServer(directory)
    try:
        yield server
    finally:
        server.stop()
