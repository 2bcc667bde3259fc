"""The settings of a service, and environment variables for them that begin with `PODIUM_`."""

import argparse
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from shared.contract import DEFAULT_CONTENT_LIMIT_BYTES
from shared.errors import SettingsError
from shared.model.version import EngineChoice

# Program -> the environment variables in which it looks for a number of workers, first one first.
_VARIABLES = {
    "gunicorn": ("WEB_CONCURRENCY",),
    "uvicorn": ("UVICORN_WORKERS", "WEB_CONCURRENCY"),
    "granian": ("GRANIAN_WORKERS",),
    "fastapi": ("WEB_CONCURRENCY",),
}


class GuardSettings(BaseModel):
    """The settings of the guard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_keys_file: Path | None = None
    """File of the keys, one a line, of which a request must bring one; without it none is asked."""
    rate_limit: str | None = None
    """Requests a client may send, such as `100/minute`; without it any number."""
    redis_url: SecretStr | None = None
    """Redis in which all workers together count a client's requests."""
    redis_prefix: str = "podium"
    """Prefix of all names in that Redis; services that share one Redis need different ones."""

    @property
    def guarded(self) -> bool:
        """Whether there is a guard."""
        return self.api_keys_file is not None or self.rate_limit is not None

    def require_redis_for(self, workers: int) -> None:
        """Raise `SettingsError` where several workers would each limit rates on their own."""
        if workers > 1 and self.rate_limit is not None and self.redis_url is None:
            raise SettingsError(
                f"{workers} workers can keep one rate limit only through Redis; "
                "give its address with --redis-url or PODIUM_REDIS_URL, or serve with one worker"
            )


class Settings(GuardSettings):
    """The settings of a service; the variable of each is `PODIUM_` and its name in capitals."""

    workers: int = Field(default=1, ge=1)
    """Worker processes that serve together."""
    counter_file: Path | None = None
    """File of the counter that all workers share; without it one process counts in its memory."""
    ready_directory: Path | None = None
    """Directory in which a worker whose model answers puts a file named by its process id."""
    model: str | None = None
    """Model to serve: `NAME` or `NAME@VERSION` in the registry, or a version's directory."""
    engine: EngineChoice = "auto"
    """Engine that answers; `auto` is the fastest that was proved to answer as scikit-learn does."""
    content_limit_bytes: int = Field(default=DEFAULT_CONTENT_LIMIT_BYTES, ge=1)
    """Longest request content that is taken."""
    predictions_at_once: int | None = Field(default=None, ge=1)
    """Predictions that each worker makes or lets wait at once; without it any number."""
    grace_s: float = Field(default=10.0, gt=0, allow_inf_nan=False)
    """Time to answer what has been accepted, after SIGTERM."""

    @model_validator(mode="after")
    def _workers_share_a_counter(self) -> Self:
        self.require_counter_for(self.workers)
        return self

    def to_environment(self) -> dict[str, str]:
        """Return the variables of the settings that were given; None empties one.

        `read_settings` of a process with these variables gives the same settings again.
        """
        return {_variable(name): _text(getattr(self, name)) for name in self.model_fields_set}

    def require_counter_for(self, workers: int) -> None:
        """Raise `SettingsError` where several workers would each count on their own."""
        if workers > 1 and self.counter_file is None:
            raise SettingsError(
                f"{workers} workers need one counter file (PODIUM_COUNTER_FILE); "
                "`podium serve STACK --workers N` makes it"
            )


def read_settings() -> Settings:
    """Return the settings in this process's environment; raises `SettingsError`.

    An empty variable is a missing one.
    """
    variables = {name: os.environ.get(_variable(name)) for name in Settings.model_fields}
    try:
        return Settings.model_validate({name: text for name, text in variables.items() if text})
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        name = _variable(str(first["loc"][0]))
        raise SettingsError(f"{name} is {first['input']!r}: {first['msg']}") from exc


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value)


def _variable(name: str) -> str:
    return f"PODIUM_{name.upper()}"


def asked_workers(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Return the number of workers that a server program was asked for; 1 if it is not known.

    A server program may be started directly, without `podium serve`. Several workers that each
    count in their own memory would all be wrong, so its command line is read, then its variables;
    not its configuration files.
    """
    program = _program(argv)
    if program not in _VARIABLES:
        return 1
    more_arguments = environ.get("GUNICORN_CMD_ARGS", "") if program == "gunicorn" else ""
    candidates = (
        _workers_option(argv[1:]),
        _workers_option(shlex.split(more_arguments)),
        *(environ.get(name) for name in _VARIABLES[program]),
    )
    return next((int(text) for text in candidates if text and text.isdecimal()), 1)


def _program(argv: Sequence[str]) -> str:
    """Return the program's name; `python -m NAME` has `NAME/__main__.py` as first argument."""
    path = PurePath(argv[0] if argv else "")
    return path.parent.name if path.name == "__main__.py" else path.name


def _workers_option(arguments: Sequence[str]) -> str | None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    # Without a value, as of a command line that its own program will refuse, it is None.
    parser.add_argument("-w", "--workers", nargs="?")
    workers: str | None = parser.parse_known_args(list(arguments))[0].workers
    return workers
