"""The guard before the operations: API keys, and a rate limit for each client.

It is off unless it is configured. Keys are kept and compared as digests only, so that no answer,
log or count holds one (RFC 6750, RFC 9110 section 11).
"""

import asyncio
import hmac
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from shared.errors import KeysFileUnusable
from shared.guard.rate_limit import RateLimit, open_rate_limit
from shared.problems import Unauthorized
from shared.settings import GuardSettings

# A bearer token is a `token68`; schemes have no case (RFC 9110 sections 11.1 and 11.2).
_TOKEN = r"[A-Za-z0-9._~+/-]+=*"  # noqa: S105 - no secret
_KEY = re.compile(_TOKEN)
_CREDENTIALS = re.compile(f"(?i:bearer) +({_TOKEN})")


class Guard:
    """Admits requests, or raises the `Problem` that refuses them.

    keys : any one of them admits; empty where no key is asked for.
    limit : how many requests each key may send, or each address where no key is asked for.
    """

    def __init__(self, keys: Sequence[str], limit: RateLimit | None) -> None:
        self._digests = tuple(_digest(key) for key in keys)
        self._limit = limit

    def admit(self, authorization: Sequence[str], address: str | None) -> None:
        """Admit a request; raises `Unauthorized`, then `RateLimited`.

        authorization : the raw values of all fields named `Authorization`, one item a field, or
            joined by commas, as WSGI has them: more than one are none to us.
        address : of the other end of the connection, where it has one, or None.
        """
        client = self._client(authorization, address)
        if self._limit is not None:
            self._limit.take(client)

    async def admit_async(self, authorization: Sequence[str], peer: tuple[str, int] | None) -> None:
        """Admit a request without blocking the event loop while Redis is asked.

        peer : the connection scope's `client`.
        """
        client = self._client(authorization, peer[0] if peer else None)
        if self._limit is None:
            return
        if self._limit.waits:
            await asyncio.to_thread(self._limit.take, client)
        else:
            self._limit.take(client)

    def _client(self, authorization: Sequence[str], address: str | None) -> str:
        """Return the name under which requests are counted together; raises `Unauthorized`."""
        if not self._digests:
            return address or "unknown"
        value = authorization[0].strip(" \t") if len(authorization) == 1 else ""
        credentials = _CREDENTIALS.fullmatch(value)
        given = _digest(credentials[1] if credentials else "")
        # Each of them is compared, in full, so that the time taken tells nothing (CWE-208).
        known = [digest for digest in self._digests if hmac.compare_digest(digest, given)]
        if not known:
            raise Unauthorized
        return known[0].hex()


def open_guard(settings: GuardSettings, workers: int, *, begun: bool = False) -> Guard:
    """Return the guard of these settings, for a service with `workers` workers.

    begun : the service has been serving; it then goes on though Redis does not answer.
    Raises `KeysFileUnusable`, `SettingsError` and `RedisUnreachable`.
    """
    keys = () if settings.api_keys_file is None else read_keys(settings.api_keys_file)
    return Guard(keys, open_rate_limit(settings, workers, begun=begun))


def read_keys(path: Path) -> tuple[str, ...]:
    """Return the API keys in a file, one a line; raises `KeysFileUnusable`."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as exc:
        raise KeysFileUnusable(path, f"cannot be read ({exc.strerror})") from exc
    except UnicodeDecodeError:
        # Not chained: that error quotes the file.
        raise KeysFileUnusable(path, "holds more than ASCII") from None
    keys = {number: line.strip() for number, line in enumerate(lines, 1) if line.strip()}
    for number, key in keys.items():
        if _KEY.fullmatch(key) is None:
            reason = (
                f"has on line {number} what is no bearer token (letters, digits, -._~+/, then =)"
            )
            raise KeysFileUnusable(path, reason)
    if not keys:
        raise KeysFileUnusable(path, "holds no key")
    return tuple(dict.fromkeys(keys.values()))


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()
