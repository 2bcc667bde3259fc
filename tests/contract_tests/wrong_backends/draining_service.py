"""A service in a process of its own that drains rightly, or with one fault; see `wrong_drains`.

`python draining_service.py FAULT` prints its port. It imports nothing of ours, to start at once.
"""

import asyncio
import json
import signal
import sys

HEALTHY = b'{"status":"ok"}'
# What a client has sent whole has arrived by then.
IN_FLIGHT_S = 0.2
# Content that has not come by then is not waited for any longer.
GRACE_S = 2.0


class Service:
    """Answers health and letter_count until it is told to end."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.draining = asyncio.Event()
        self.clients: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Serves until SIGTERM; gives the exit status."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.draining.set)
        print(server.sockets[0].getsockname()[1], flush=True)
        await self.draining.wait()
        if self.fault != "keeps-accepting":
            server.close()
        if self.fault != "drops-connections" and self.clients:
            await asyncio.wait(self.clients, timeout=GRACE_S)
        for client in self.clients:
            client.cancel()
        return 1 if self.fault == "exits-with-1" else 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self.clients.add(task)
        task.add_done_callback(self.clients.discard)
        try:
            while head := await self.read_head(reader):
                writer.write(await answer(head, reader))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def read_head(self, reader: asyncio.StreamReader) -> bytes:
        """The next request's head; nothing where none comes any more."""
        reading = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
        draining = asyncio.ensure_future(self.draining.wait())
        try:
            await asyncio.wait([reading, draining], return_when=asyncio.FIRST_COMPLETED)
            if self.draining.is_set():
                await asyncio.wait([reading], timeout=IN_FLIGHT_S)
            return reading.result() if reading.done() else b""
        finally:
            reading.cancel()
            draining.cancel()


async def answer(head: bytes, reader: asyncio.StreamReader) -> bytes:
    """The answer to a request for health, or of letter_count."""
    content = HEALTHY
    if head.startswith(b"POST"):
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        name = json.loads(await reader.readexactly(int(length.split()[-1])))["name"]
        members = {"name": name, "letter_count": len(name)}
        content = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    fields = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(content)
    return b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + content


if __name__ == "__main__":
    sys.exit(asyncio.run(Service(sys.argv[1]).run()))
