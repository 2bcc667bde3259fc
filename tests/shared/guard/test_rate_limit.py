"""Exactly as many requests as the limit says, over threads, workers and the loss of Redis."""

import asyncio
import logging
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from shared.errors import RedisUnreachable, SettingsError
from shared.guard.guard import Guard
from shared.guard.rate_limit import open_rate_limit
from shared.problems import RateLimited
from shared.settings import GuardSettings
from tests.redis_server import redis_server

DEADLINE_S = 20


@pytest.fixture
def redis(tmp_path):
    """A Redis that answers and holds nothing."""
    with redis_server(tmp_path) as server:
        yield server


def limit_of(rate_limit="5/hour", redis=None, *, prefix="test", workers=1, begun=False):
    settings = GuardSettings(
        rate_limit=rate_limit,
        redis_url=None if redis is None else SecretStr(redis.url),
        redis_prefix=prefix,
    )
    return open_rate_limit(settings, workers, begun=begun)


def is_admitted(limit, client="client"):
    try:
        limit.take(client)
    except RateLimited:
        return False
    return True


def taken(limit, client="client", asked=20):
    """How many of so many requests are admitted."""
    return sum(is_admitted(limit, client) for _ in range(asked))


def comes_true(condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_no_limit_is_none():
    assert open_rate_limit(GuardSettings(), workers=8) is None


@pytest.mark.parametrize(
    ("text", "admitted"), [("3/hour", 3), ("1 per minute", 1), ("7/2days", 7), ("12/MONTH", 12)]
)
def test_a_limit_is_a_number_and_a_time(text, admitted):
    assert taken(limit_of(text)) == admitted


@pytest.mark.parametrize(
    "text",
    ["100", "/minute", "x/minute", "1.5/minute", "-1/minute", "0/minute", "5/fortnight",
     "100/minute;5/second", "100/minute, 5/second", "5/minute or so"],
)  # fmt: skip
def test_another_text_is_refused_in_one_sentence(text):
    with pytest.raises(SettingsError) as caught:
        limit_of(text)
    said = str(caught.value)
    assert repr(text) in said
    assert "such as 100/minute" in said


def test_several_workers_without_redis_are_refused_in_one_sentence():
    with pytest.raises(SettingsError, match=r"2 workers .* --redis-url"):
        limit_of(workers=2)


@pytest.mark.parametrize("store", ["memory", "redis"])
def test_retry_after_is_the_rest_of_the_window_to_the_second(store, request):
    limit = limit_of("1/minute", None if store == "memory" else request.getfixturevalue("redis"))
    limit.take("client")
    with pytest.raises(RateLimited) as caught:
        limit.take("client")
    assert isinstance(caught.value.retry_after_s, int)
    # In a window that has lasted for a moment, on a machine that may be busy.
    assert 30 <= caught.value.retry_after_s <= 61


@pytest.mark.parametrize("store", ["memory", "redis"])
def test_when_the_window_ends_another_begins(store, request):
    limit = limit_of("2/second", None if store == "memory" else request.getfixturevalue("redis"))
    assert comes_true(lambda: not is_admitted(limit))
    assert comes_true(lambda: is_admitted(limit))


@pytest.fixture
def hasty_threads():
    """Threads take turns so often that what they do not do in one go, others see half done."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_threads_are_admitted_as_often_as_the_limit_says(hasty_threads):
    """Of the library's own memory, threads would now and then get one or two less."""
    for _ in range(12):
        limit = limit_of("200/hour")
        begin = threading.Barrier(8)

        def take(_, limit=limit, begin=begin):
            begin.wait(DEADLINE_S)
            return taken(limit, asked=100)

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(take, range(8))) == 200


def test_a_client_of_its_own_has_a_limit_of_its_own(redis):
    for limit in (limit_of(), limit_of(redis=redis)):
        assert [taken(limit, client) for client in ("192.0.2.1", "::1", "a key")] == [5, 5, 5]


def test_workers_with_one_redis_keep_one_limit(redis):
    """Each of them asks from several threads; all requests are counted in Redis."""
    workers = [limit_of("50/hour", redis, workers=4) for _ in range(4)]
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda number: taken(workers[number % 4]), range(8))) == 50
    with redis.client() as client:
        [name] = client.keys()
        assert client.get(name) == "160"
        assert 0 < client.ttl(name) <= 3600


def test_services_with_different_prefixes_do_not_share_a_limit(redis):
    assert [taken(limit_of(redis=redis, prefix=prefix)) for prefix in ("one", "two")] == [5, 5]
    with redis.client() as client:
        assert sorted(name.partition(":")[0] for name in client.keys("*")) == ["one", "two"]


def test_a_redis_that_is_not_there_is_one_sentence_without_its_password(redis):
    redis.stop()
    secret = "pass word@/:?"
    settings = GuardSettings(
        rate_limit="5/hour",
        redis_url=SecretStr(
            f"redis://me:{quote(secret, safe='')}@127.0.0.1:{redis.port}/0?protocol=3"
        ),
    )
    with pytest.raises(RedisUnreachable) as caught:
        open_rate_limit(settings, workers=2)
    said = str(caught.value)
    assert said.startswith(f"Redis at redis://127.0.0.1:{redis.port}/0 does not answer")
    assert "--redis-url" in said
    assert secret not in said
    assert quote(secret, safe="") not in said + repr(settings)


@pytest.mark.parametrize(
    "url",
    ["localhost:6379", "http://localhost", "redis://localhost:x/0", "redis://localhost?colour=red"],
)
def test_what_is_no_address_of_redis_is_one_sentence(url):
    settings = GuardSettings(rate_limit="5/hour", redis_url=SecretStr(url))
    with pytest.raises(SettingsError, match="is not like redis://HOST:6379/0"):
        open_rate_limit(settings, workers=1)


@pytest.mark.parametrize("loss", ["stop", "fall_silent"])
def test_without_redis_each_worker_limits_on_its_own_until_it_is_back(redis, loss, caplog):
    workers = [limit_of(redis=redis, workers=2) for _ in range(2)]
    assert is_admitted(workers[0])
    getattr(redis, loss)()
    assert [taken(worker) for worker in workers] == [5, 5]
    assert caplog.messages == [
        message for message in caplog.messages if "is lost" in message and redis.url in message
    ]
    assert len(caplog.messages) == 2, "told once a worker, not once a request"
    caplog.clear()
    {"stop": redis.start, "fall_silent": redis.speak_again}[loss]()
    assert comes_true(lambda: len(caplog.messages) == 2)
    assert all("is back" in message for message in caplog.messages)
    with redis.client() as client:
        client.flushall()
    assert sum(taken(worker) for worker in workers) == 5


def test_while_redis_is_silent_nobody_waits_but_who_asked_it_first(redis, caplog):
    """No request waits for a connection that others have found dead."""
    limit = limit_of("1000/hour", redis)
    redis.fall_silent()
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: taken(limit, asked=100), range(4))) == 400
    asked = threading.Event()
    original = limit._window.take
    limit._window.take = lambda client: (asked.set(), original(client))
    assert is_admitted(limit)
    assert not asked.is_set()
    redis.speak_again()
    assert comes_true(lambda: any("is back" in message for message in caplog.messages))


def test_a_worker_that_replaces_one_starts_without_redis_and_finds_it(redis, caplog):
    redis.stop()
    limit = limit_of(redis=redis, workers=2, begun=True)
    assert taken(limit) == 5
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    redis.start()
    assert comes_true(lambda: any("is back" in message for message in caplog.messages))
    assert taken(limit) == 5


def test_the_event_loop_goes_on_while_redis_is_asked(redis, caplog):
    limit = limit_of(redis=redis)
    guard = Guard([], limit)
    redis.fall_silent()

    async def ask_and_go_on():
        asking = asyncio.ensure_future(guard.admit_async([], ("192.0.2.1", 1)))
        for _ in range(100):
            await asyncio.sleep(0)
            assert not asking.done(), "the loop stood still until Redis was given up"
        await asking

    asyncio.run(ask_and_go_on())
    redis.speak_again()
    assert comes_true(lambda: any("is back" in message for message in caplog.messages))
