"""The settings of a service, from environment variables that begin with `PODIUM_`."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.contract import DEFAULT_CONTENT_LIMIT_BYTES
from shared.errors import SettingsError


class GuardSettings(BaseSettings):
    """The settings of the guard; each field is read from `PODIUM_` + its name."""

    model_config = SettingsConfigDict(env_prefix="PODIUM_", env_ignore_empty=True, frozen=True)

    api_keys_file: Path | None = None
    """File of the keys, one a line, of which a request must bring one; without it none is asked."""
    rate_limit: str | None = None
    """Requests a client may send, such as `100/minute`; without it any number."""
    redis_url: SecretStr | None = None
    """Redis in which all workers together count a client's requests."""
    redis_prefix: str = "podium"
    """What names in that Redis begin with; services that share one Redis need different ones."""

    @property
    def guarded(self) -> bool:
        """Whether there is a guard."""
        return self.api_keys_file is not None or self.rate_limit is not None


class Settings(GuardSettings):
    """What a service is told at its start."""

    workers: int = Field(default=1, ge=1)
    """Worker processes that serve together."""
    counter_file: Path | None = None
    """File of the counter that all workers share; without it one process counts in its memory."""
    ready_directory: Path | None = None
    """Where a worker whose model answers puts a file named by its process id."""
    model_file: Path | None = None
    """File to load the model from; without it the model is trained at the start."""
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

    def require_counter_for(self, workers: int) -> None:
        """Raises `SettingsError` where several workers would each count on their own."""
        if workers > 1 and self.counter_file is None:
            raise SettingsError(
                f"{workers} workers need one counter file (PODIUM_COUNTER_FILE); "
                "`podium serve STACK --workers N` makes it"
            )


def read_settings() -> Settings:
    """The settings of this process's environment; raises `SettingsError`."""
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        name = "PODIUM_" + "_".join(str(step) for step in first["loc"]).upper()
        raise SettingsError(f"{name} is {first['input']!r}: {first['msg']}") from exc
