"""Servers under many clients: all are accepted soon, health is answered, and nothing is kept."""

import asyncio
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from contract_tests.backends.in_process import AsgiBackend
from contract_tests.http.messages import Request
from implementations.catalogue import all_stacks, find_stack
from implementations.fastapi_threads.app import create_app
from implementations.launching.launcher import launch
from implementations.servers.accepting_loop import AcceptingLoop
from shared.counter import MemoryCounter
from shared.service import Service
from shared.settings import Settings

DEADLINE_S = 30.0
CHECKOUT = Path(__file__).parents[2]
FEW_TURNS = 5


def test_clients_that_connect_at_once_are_accepted_within_a_few_turns_of_the_loop():
    clients = 50
    loop = AcceptingLoop()

    class Connected(asyncio.Protocol):
        made = 0

        def connection_made(self, transport):
            Connected.made += 1

    async def turns_until_all_are_connected() -> int:
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        server = await loop.create_server(Connected, sock=listening, backlog=128)
        waiting = [socket.create_connection(listening.getsockname()) for _ in range(clients)]
        turns = 0
        while Connected.made < clients and turns < 100 * clients:
            turns += 1
            await asyncio.sleep(0)
        server.close()
        for client in waiting:
            client.close()
        return turns if Connected.made == clients else -1

    try:
        turns = loop.run_until_complete(turns_until_all_are_connected())
    finally:
        loop.close()
    assert 0 < turns <= FEW_TURNS


FULL_SERVER = """
import asyncio, resource, socket
from implementations.servers.accepting_loop import AcceptingLoop

class Greet(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"x")

async def serve():
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    await asyncio.get_running_loop().create_server(Greet, sock=listening, backlog=128)
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    print(listening.getsockname()[1], flush=True)
    await asyncio.sleep(3600)

asyncio.Runner(loop_factory=AcceptingLoop).run(serve())
"""


def test_a_server_without_a_file_descriptor_left_goes_on_when_clients_have_gone():
    with subprocess.Popen(
        [sys.executable, "-c", FULL_SERVER], stdout=subprocess.PIPE, cwd=CHECKOUT
    ) as server:
        try:
            port = int(server.stdout.readline())
            clients = [socket.create_connection(("127.0.0.1", port), DEADLINE_S) for _ in range(60)]
            for client in clients:  # those at the end wait for the first to go
                assert client.recv(1) == b"x"
                client.close()
        finally:
            server.kill()


class HeldModelService(Service):
    """A service whose predictions wait until they are let go."""

    def __init__(self) -> None:
        super().__init__(Settings(), MemoryCounter())
        self.waiting = threading.Semaphore(0)
        self.let_go = threading.Event()

    def predict(self, request):
        self.waiting.release()
        self.let_go.wait(DEADLINE_S)
        return super().predict(request)


def test_health_is_answered_while_predictions_hold_every_thread():
    service = HeldModelService()
    service.start_loading()
    assert service.wait_ready(DEADLINE_S)
    content = b'{"instances":[[5.1,3.5,1.4,0.2]]}'
    predict = Request("POST", "/api/predict", (("Content-Type", "application/json"),), content)
    threads = 40  # of AnyIO's pool, in which FastAPI calls `def` handlers
    backend = AsgiBackend("fastapi-threads", create_app, service, DEADLINE_S)
    try:
        with ThreadPoolExecutor(threads + 1) as clients:
            answers = [clients.submit(backend.answer, predict) for _ in range(threads + 1)]
            for _ in range(threads):
                assert service.waiting.acquire(timeout=DEADLINE_S)
            try:
                assert backend.answer(Request("GET", "/api/health")).status == 200
                assert not any(answer.done() for answer in answers)
            finally:
                service.let_go.set()
            assert {answer.result(DEADLINE_S).status for answer in answers} == {200}
    finally:
        backend.close()


REQUEST = b"POST /api/letter_count HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
PARTS = (
    b"",
    REQUEST,
    REQUEST + b"Content-Length: 100\r\n\r\n" + b" " * 50,
    REQUEST + b'Content-Length: 16\r\n\r\n{"name":"Alice"}',
)
"""Sent before the reset: nothing, half a head, half the content, a whole request."""
MOST_GROWTH_BYTES = 16 * 1024 * 1024
"""Of one crowd: what the allocators keep differs by some MiB; 2 kB of each client would be more."""
MOST_CROWDS = 6
"""The first ones grow what a server keeps for as many clients at once; later ones must not."""
BEHIND_S = 10.0


def connect_and_reset(port: int, clients: int) -> None:
    for number in range(clients):
        with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as client:
            client.sendall(PARTS[number % len(PARTS)])
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.long
@pytest.mark.parametrize("name", [stack.name for stack in all_stacks()])
def test_ten_thousand_clients_that_reset_leave_no_memory_behind(name):
    with launch(find_stack(name)) as running:
        processes = [psutil.Process(pid) for pid in running.pids()]

        def resident_bytes() -> int:
            return sum(process.memory_info().rss for process in processes)

        growths = []
        while not growths or (growths[-1] > MOST_GROWTH_BYTES and len(growths) < MOST_CROWDS):
            before = resident_bytes()
            connect_and_reset(running.port, 10_000)
            deadline = time.monotonic() + BEHIND_S  # the server may be behind its clients
            while resident_bytes() - before > MOST_GROWTH_BYTES and time.monotonic() < deadline:
                time.sleep(0.1)
            growths.append(resident_bytes() - before)
        assert growths[-1] <= MOST_GROWTH_BYTES, growths
