"""Rate limits by the `limits` library: in memory for one worker, through Redis for several.

A client's window begins with its first request and is of fixed length; in it exactly as many
requests are taken as the limit says, over all threads and workers.
"""

import logging
import math
import re
import threading
import time
from typing import ClassVar, Protocol

import redis
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from shared.errors import RedisUnreachable, SettingsError
from shared.problems import RateLimited
from shared.settings import GuardSettings

log = logging.getLogger(__name__)

# Redis answers within a millisecond or so; a client whose request waits for one that is lost is to
# notice little of it.
_TIMEOUT_S = 0.5
_ASK_AGAIN_S = 1.0


class RateLimit(Protocol):
    """Counts the requests of each client."""

    waits: ClassVar[bool]
    """Whether `take` may wait for another process."""

    def take(self, client: str) -> None:
        """Count one request; raises `RateLimited` where it is one too many."""


class MemoryLimit:
    """For the threads of one process."""

    waits: ClassVar[bool] = False

    def __init__(self, limit: RateLimitItem) -> None:
        self._window = _Window(limit, MemoryStorage(), rounded_s=0)
        # The storage's own locks let threads begin its timer twice, and read each other's counts.
        self._lock = threading.Lock()

    def take(self, client: str) -> None:
        with self._lock:
            self._window.take(client)


class RedisLimit:
    """For all workers of a service.

    While Redis does not answer, each worker counts on its own: a client that keeps to its limit
    is served all the same, and no other gets more than the limit from each worker.
    """

    waits: ClassVar[bool] = True

    def __init__(self, limit: RateLimitItem, storage: RedisStorage, place: str) -> None:
        # Redis tells the time to a window's end to the nearest second.
        self._window = _Window(limit, storage, rounded_s=1)
        self._alone = MemoryLimit(limit)
        self._storage = storage
        self._place = place
        self._lock = threading.Lock()
        self._lost = False

    def take(self, client: str) -> None:
        if not self._lost:
            try:
                return self._window.take(client)
            except redis.RedisError as exc:
                self.lose(exc)
        return self._alone.take(client)

    def lose(self, reason: Exception) -> None:
        """Limit rates without Redis, until a background thread finds that it answers again."""
        with self._lock:
            if self._lost:
                return
            self._lost = True
        log.error(
            "Redis at %s is lost (%s); each worker limits rates on its own", self._place, reason
        )
        threading.Thread(target=self._find_again, name="find-redis", daemon=True).start()

    def _find_again(self) -> None:
        time.sleep(_ASK_AGAIN_S)
        while not self._storage.check():
            time.sleep(_ASK_AGAIN_S)
        log.warning("Redis at %s is back; it limits rates for all workers", self._place)
        self._lost = False


class _Window:
    """One limit over one storage, which may tell the end of a window `rounded_s` too early."""

    def __init__(self, limit: RateLimitItem, storage: Storage, rounded_s: int) -> None:
        self._limit = limit
        self._storage = storage
        self._limiter = FixedWindowRateLimiter(storage)
        self._rounded_s = rounded_s

    def take(self, client: str) -> None:
        if self._limiter.hit(self._limit, client):
            return
        left_s = self._storage.get_expiry(self._limit.key_for(client)) - time.time()
        raise RateLimited(max(1, math.ceil(left_s) + self._rounded_s))


def open_rate_limit(
    settings: GuardSettings, workers: int, *, begun: bool = False
) -> RateLimit | None:
    """Return the rate limit of these settings; None if there is none.

    begun : do without Redis if it does not answer, as the service did.
    Raises `SettingsError`, also for several workers without Redis, and `RedisUnreachable`.
    """
    if settings.rate_limit is None:
        return None
    limit = _parse(settings.rate_limit)
    if settings.redis_url is not None:
        url = settings.redis_url.get_secret_value()
        return _open_redis(limit, url, settings.redis_prefix, begun)
    settings.require_redis_for(workers)
    return MemoryLimit(limit)


def _parse(text: str) -> RateLimitItem:
    try:
        limits = parse_many(text)
    except ValueError:
        limits = []
    if len(limits) != 1 or limits[0].amount < 1 or limits[0].get_expiry() < 1:
        raise SettingsError(
            f"the rate limit {text!r} is not a number of requests and a time, such as 100/minute"
        )
    return limits[0]


def _open_redis(limit: RateLimitItem, url: str, prefix: str, begun: bool) -> RedisLimit:
    place = re.sub("//.*@", "//", url.partition("?")[0])  # without a password
    try:
        pool = redis.ConnectionPool.from_url(
            url.replace("redis+unix:", "unix:", 1),
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
        )
        storage = RedisStorage(url, connection_pool=pool, key_prefix=prefix)
        opened = RedisLimit(limit, storage, place)
        storage.get_connection().ping()
    except (ValueError, TypeError):  # the second for an unknown option after `?`
        raise SettingsError(
            f"the address of Redis {place!r} is not like redis://HOST:6379/0"
        ) from None
    except redis.RedisError as exc:
        if not begun:
            raise RedisUnreachable(place, str(exc)) from exc
        opened.lose(exc)
    return opened
