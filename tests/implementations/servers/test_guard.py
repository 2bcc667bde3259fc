"""The guard of real servers: one limit for all workers, keys that stay private, Redis lost."""

import http.client
import json
import os
import signal
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

import psutil
import pytest

from implementations.catalogue import all_stacks
from shared.errors import KeysFileUnusable, RedisUnreachable, SettingsError
from tests.redis_server import redis_server

LIMIT = 40
CLIENTS = 12
REQUESTS_A_CLIENT = 8
SECRET = "a-key-that-nobody-may-see"


@pytest.fixture
def redis(tmp_path):
    """A Redis of the test's own."""
    with redis_server(tmp_path) as server:
        yield server


def ask(running, requests=1, source="127.0.0.1", fields=None) -> list[tuple[int, bytes]]:
    """The answers to GET /api/count, over one connection where the server keeps it."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, 10, (source, 0))
    try:
        answers = []
        for _ in range(requests):
            connection.request("GET", "/api/count", headers=fields or {})
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
        return answers
    finally:
        connection.close()


def ask_at_once(running) -> list[tuple[int, bytes]]:
    """What many clients that ask at the same time are answered."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(
            chain.from_iterable(
                clients.map(lambda _: ask(running, REQUESTS_A_CLIENT), range(CLIENTS))
            )
        )


def statuses(answers) -> list[int]:
    return [status for status, _ in answers]


STACKS = [replace(stack, workers=workers).name for workers in (2, 4) for stack in all_stacks()]


def quick(*names: str) -> list[object]:
    """All stacks with several workers; these for `make test`, the others for longer runs."""
    others = [name for name in STACKS if name not in names]
    return [*names, *(pytest.param(name, marks=pytest.mark.long) for name in others)]


@pytest.fixture
def limited(start, redis):
    """Starts a stack with several workers whose clients may send `LIMIT` requests each."""
    return lambda name: start(name, rate_limit=f"{LIMIT}/hour", redis_url=redis.url)


def counted_in(redis) -> list[str]:
    """How many requests of each client have been counted in Redis."""
    with redis.client() as client:
        return [client.get(name) for name in client.keys("*")]


@pytest.mark.parametrize("name", quick("wsgi:granian:2", "asgi:uvicorn:2"))
def test_workers_admit_as_many_as_the_limit_says(name, limited, redis) -> None:
    """Whoever asks them at once; all requests are counted, the admitted ones numbered."""
    running = limited(name)
    answers = ask_at_once(running)
    admitted = [json.loads(content)["count"] for status, content in answers if status == 200]
    assert sorted(admitted) == list(range(1, LIMIT + 1))
    assert set(statuses(answers)) == {200, 429}
    assert counted_in(redis) == [str(CLIENTS * REQUESTS_A_CLIENT)]
    # Nobody passes for another address by what a header field says.
    proxied = {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1", "X-Real-IP": "::1"}
    assert statuses(ask(running, fields=proxied)) == [429]
    if sys.platform == "linux":  # where all of 127.0.0.0/8 is the loopback
        assert statuses(ask(running, source="127.0.0.2")) == [200]
    assert running.stop() == 0, running.output()


@pytest.mark.parametrize("name", quick("wsgi:gunicorn:2"))
def test_service_goes_on_without_redis_and_finds_it_again(name, limited, redis, eventually) -> None:
    """Also with a worker that is started meanwhile, in place of one that died."""
    running = limited(name)
    workers = len(running.worker_pids())
    assert statuses(ask_at_once(running)).count(200) == LIMIT
    redis.stop()
    alone = statuses(ask_at_once(running))
    assert 0 < alone.count(200) <= workers * LIMIT
    assert set(alone) <= {200, 429}
    assert eventually(lambda: f"Redis at {redis.url} is lost" in running.output())
    if "granian" not in name:  # which replaces a worker only after seconds
        os.kill(running.worker_pids()[0], signal.SIGKILL)
        assert eventually(lambda: len(running.worker_pids()) == workers)
        assert set(statuses(ask_at_once(running))) <= {200, 429}
    redis.start()

    def is_counted_for_all() -> bool:
        with redis.client() as client:
            client.flushall()
        answers = ask_at_once(running)
        counted = counted_in(redis) == [str(CLIENTS * REQUESTS_A_CLIENT)]
        return counted and statuses(answers).count(200) == LIMIT

    assert eventually(is_counted_for_all)
    assert eventually(lambda: f"Redis at {redis.url} is back" in running.output())
    assert running.stop() == 0, running.output()


@pytest.mark.long
def test_services_on_one_redis_have_limits_of_their_own(start, redis) -> None:
    options = {"rate_limit": "1/hour", "redis_url": redis.url}
    for running in [start("wsgi:granian", **options) for _ in range(2)]:
        assert statuses(ask(running, 2)) == [200, 429]


def test_keys_are_copied_to_where_nobody_else_reads_them(
    start, tmp_path, run_root, monkeypatch
) -> None:
    """So that a worker that is started later asks for the same ones; and whoever measures knows
    what is measured: variables of the caller put up no guard.
    """
    monkeypatch.setenv("PODIUM_RATE_LIMIT", "1/hour")
    keys_file = tmp_path / "keys"
    keys_file.write_text(f"{SECRET}\n")
    running = start("wsgi:gunicorn", api_keys_file=keys_file)
    keys_file.unlink()
    [copy] = run_root.glob("podium-run-*/keys")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert statuses(ask(running)) == [401]
    assert statuses(ask(running, 2, fields={"Authorization": f"Bearer {SECRET}"})) == [200, 200]
    told = [running.output(), repr(running.settings)]
    for pid in running.pids():
        process = psutil.Process(pid)
        told += [*process.cmdline(), *process.environ().values()]
    assert not [text for text in told if SECRET in text]


def test_guard_that_cannot_be_is_refused_before_the_start(start, tmp_path, processes) -> None:
    wrong = [
        ({"rate_limit": "5/minute"}, SettingsError),
        ({"rate_limit": "often"}, SettingsError),
        ({"api_keys_file": tmp_path / "missing"}, KeysFileUnusable),
        ({"rate_limit": "5/minute", "redis_url": "redis://127.0.0.1:1/0"}, RedisUnreachable),
    ]
    for options, error in wrong:
        with pytest.raises(error):
            start("wsgi:granian:2", **options)
        assert processes() == []
