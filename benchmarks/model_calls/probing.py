"""Health asked at a fixed rate while predict is saturated: one slice of a running stack."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.errors import WrongAnswers
from shared.content import dumps
from shared.sample import Sample

_HEALTHY = {"status": "ok"}
# After the first predictions have come, so that the load is there before it is looked at.
_SATURATED_S = 0.3


@dataclass
class Probed:
    """What slices of one stack had: the times of health, from when each was due, and predictions.

    Times are in seconds; `predicted` are answers in `duration_s`.
    """

    health_s: list[float] = field(default_factory=list)
    predicted: int = 0
    duration_s: float = 0.0

    @property
    def predictions_per_s(self) -> float:
        return self.predicted / self.duration_s

    def health_ms(self, quantile: float) -> float:
        """Return the smallest time that at least this share of the answers does not exceed."""
        times = sorted(self.health_s)
        return 1e3 * times[max(0, -int(-quantile * len(times) // 1) - 1)]


class Connection:
    """A kept-alive connection that asks one thing after the other."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return status and content of the answer; its length must be declared."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
        return int(head.split(b" ", 2)[1]), await reader.readexactly(length)

    async def close(self) -> None:
        """Close it, if it was ever open."""
        if self._streams is not None:
            self._streams[1].close()
            with suppress(OSError):
                await self._streams[1].wait_closed()


async def probe(
    name: str,
    address: tuple[str, int],
    sample: Sample,
    *,
    connections: int,
    rate_per_s: float,
    duration_s: float,
) -> Probed:
    """Return what one slice had; with no `connections` only health is asked.

    Each request of health is due at a time fixed beforehand and sent then, whatever the service
    does, on a connection that is free or a new one. Raises `WrongAnswers`, `OSError` and
    `asyncio.IncompleteReadError`.
    """
    probed = Probed(duration_s=duration_s)
    opened = [Connection(*address) for _ in range(connections)]
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(_predict(name, connection, sample, place, probed))
        for place, connection in enumerate(opened)
    ]
    free: list[Connection] = []
    try:
        await asyncio.sleep(_SATURATED_S)
        probed.predicted = 0
        loop = asyncio.get_running_loop()
        started_at = loop.time()
        asked: list[asyncio.Task[float]] = []
        for number in range(int(rate_per_s * duration_s)):
            due_at = started_at + number / rate_per_s
            await asyncio.sleep(due_at - loop.time())
            if not free:
                free.append(Connection(*address))
                opened.append(free[0])
            asked.append(asyncio.create_task(_health(name, free.pop(), free, due_at)))
            tasks.append(asked[-1])
        await asyncio.sleep(started_at + duration_s - loop.time())
        predicted = probed.predicted
        probed.health_s = list(await asyncio.gather(*asked))
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for connection in opened:
            await connection.close()
    for failure in ended:
        if isinstance(failure, Exception):
            raise failure
    probed.predicted = predicted
    return probed


async def _predict(
    name: str, connection: Connection, sample: Sample, place: int, probed: Probed
) -> None:
    """Ask for one row after the other, beginning at another place on each connection."""
    rows, predictions = sample.rows, sample.predictions or ()
    while True:
        place = (place + 1) % len(rows)
        request = _request("POST", "/api/predict", {"instances": [list(rows[place])]})
        status, content = await connection.ask(request)
        if status != 200 or orjson.loads(content)["predictions"] != [predictions[place]]:
            raise _wrong(name, "predict", status, content)
        probed.predicted += 1


async def _health(
    name: str, connection: Connection, free: list[Connection], due_at: float
) -> float:
    """Return the time from when health was due to its answer; the connection is free then."""
    status, content = await connection.ask(_request("GET", "/api/health"))
    answered_at = asyncio.get_running_loop().time()
    if status != 200 or orjson.loads(content) != _HEALTHY:
        raise _wrong(name, "health", status, content)
    free.append(connection)
    return answered_at - due_at


def _wrong(name: str, operation: str, status: int, content: bytes) -> WrongAnswers:
    kind = f"status {status}"
    return WrongAnswers(name, operation, {kind: 1}, {kind: content.decode(errors="replace")})


def _request(method: str, path: str, value: Any = None) -> bytes:
    content = b"" if value is None else dumps(value)
    fields = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields if content else ''}\r\n"
    return head.encode() + content
