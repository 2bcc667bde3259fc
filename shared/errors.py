"""Errors of `shared` outside a request; each is one sentence that says what to do.

    SharedError
    ├── SettingsError            the settings are wrong, or together do not make sense
    ├── CounterFileUnusable      the counter file is missing, or is none
    ├── KeysFileUnusable         the file of API keys cannot be read, or holds none or a wrong one
    ├── BadUrl                   a backend's address that cannot be used
    ├── BadHost                  a host that no server can listen on
    ├── BadSample                a file of rows for a backend's model that cannot be used
    ├── RedisUnreachable         the Redis that several workers need does not answer at the start
    ├── NoHome                   the user has no home directory for what is to be kept
    └── ModelError               what is wrong with a model: see `shared.model.errors`

A refusal of a request is a `shared.problems.Problem`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class SharedError(Exception):
    """Base of the errors of this package."""


@dataclass(eq=False)
class SettingsError(SharedError):
    """A setting is wrong; `reason` says which and what to do."""

    reason: str

    def __str__(self) -> str:
        return f"The settings do not work: {self.reason}."


@dataclass(eq=False)
class CounterFileUnusable(SharedError):
    """The counter file cannot be mapped."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"The counter file {self.path} {self.reason}; "
            "make a new one for each start of the service."
        )


@dataclass(eq=False)
class KeysFileUnusable(SharedError):
    """No API keys can be read from the file; `reason` never quotes what is in it."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"The file of API keys {self.path} {self.reason}; write one key a line into it."


@dataclass(eq=False)
class RedisUnreachable(SharedError):
    """Redis does not answer, so requests cannot be counted for the whole service."""

    address: str
    reason: str

    def __str__(self) -> str:
        return (
            f"Redis at {self.address} does not answer ({self.reason}); "
            "start it, or correct the address in --redis-url or PODIUM_REDIS_URL."
        )


class BadUrl(SharedError):
    """A backend's address that cannot be used.

    `url` is without what may be a secret: all before the last @, query and fragment.
    """

    def __init__(self, url: str, fault: Literal["form", "secret", "zone", "query", "tls"]) -> None:
        super().__init__()
        self.url = re.sub(r"^((?:[^/@?#]*//)?).*@|[?#].*", r"\1", url, flags=re.DOTALL)
        self.fault = fault

    def __str__(self) -> str:
        match self.fault:
            case "secret":
                return (
                    f"a name or password before {self.url!r} is not taken; give the address "
                    f"without, and --header 'Authorization: …'"
                )
            case "zone":
                return (
                    f"{self.url!r} has a zone, which not every client can send to; "
                    f"give another address of this host, or its name"
                )
            case "query":
                return (
                    f"{self.url!r} with a query or fragment is no address of a backend; "
                    f"give it without"
                )
            case "tls":
                return f"{self.url!r} asks for TLS, and load is made without; give an http:// URL"
            case "form":
                return (
                    f"{self.url!r} is no address of a backend; give one such as "
                    f"http://127.0.0.1:5000 or https://host/prefix"
                )


@dataclass(eq=False)
class BadHost(SharedError):
    """A host that no server can listen on."""

    host: str
    reason: str

    def __str__(self) -> str:
        return f"cannot listen on {self.host!r}: {self.reason}"


@dataclass(eq=False)
class BadSample(SharedError):
    """A file of sample rows that cannot be used."""

    path: Path

    def __str__(self) -> str:
        return (
            f"{self.path} holds no sample; it must be JSON such as "
            f'{{"rows":[[5.1,3.5],[6.7,3.1]],"predictions":["a","b"]}}, rows of one length each, '
            f"and either a prediction a row or no predictions"
        )


@dataclass(eq=False)
class NoHome(SharedError, OSError):
    """The user has no home directory; `variable` is where another directory can be named."""

    variable: str

    def __str__(self) -> str:
        return f"this user has no home directory: name a folder in {self.variable}"
