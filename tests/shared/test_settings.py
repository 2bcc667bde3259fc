"""Settings come from the environment, once, and are refused in one sentence."""

import os
from pathlib import Path

import pydantic
import pytest
from pydantic import SecretStr

from shared.errors import SettingsError
from shared.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("PODIUM_")]:
        monkeypatch.delenv(name)


def test_defaults_serve_alone_in_memory():
    settings = read_settings()
    assert settings.workers == 1
    assert settings.counter_file is settings.ready_directory is settings.model is None
    assert settings.content_limit_bytes == 1024 * 1024
    assert settings.grace_s == 10


def test_each_setting_is_read_from_its_variable(monkeypatch):
    monkeypatch.setenv("PODIUM_WORKERS", "2")
    monkeypatch.setenv("PODIUM_COUNTER_FILE", "/run/my counter")
    monkeypatch.setenv("PODIUM_READY_DIRECTORY", "/run/ready")
    monkeypatch.setenv("PODIUM_MODEL", "churn@2")
    monkeypatch.setenv("PODIUM_ENGINE", "sklearn")
    monkeypatch.setenv("PODIUM_CONTENT_LIMIT_BYTES", "100")
    monkeypatch.setenv("PODIUM_GRACE_S", "2.5")
    monkeypatch.setenv("PODIUM_API_KEYS_FILE", "/etc/podium/keys")
    monkeypatch.setenv("PODIUM_RATE_LIMIT", "100/minute")
    monkeypatch.setenv("PODIUM_REDIS_URL", "redis://:secret@localhost/0")
    monkeypatch.setenv("PODIUM_REDIS_PREFIX", "mine")
    monkeypatch.setenv("PODIUM_SOMETHING_ELSE", "1")
    assert read_settings() == Settings(
        workers=2,
        counter_file=Path("/run/my counter"),
        ready_directory=Path("/run/ready"),
        model="churn@2",
        engine="sklearn",
        content_limit_bytes=100,
        grace_s=2.5,
        api_keys_file=Path("/etc/podium/keys"),
        rate_limit="100/minute",
        redis_url=SecretStr("redis://:secret@localhost/0"),
        redis_prefix="mine",
    )
    assert "secret" not in repr(read_settings())


def test_an_empty_variable_is_a_missing_one(monkeypatch):
    monkeypatch.setenv("PODIUM_COUNTER_FILE", "")
    assert read_settings().counter_file is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PODIUM_WORKERS", "0"),
        ("PODIUM_WORKERS", "many"),
        ("PODIUM_WORKERS", "1.5"),
        ("PODIUM_CONTENT_LIMIT_BYTES", "0"),
        ("PODIUM_GRACE_S", "0"),
        ("PODIUM_GRACE_S", "inf"),
        ("PODIUM_GRACE_S", "nan"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert name in str(caught.value)
    assert value in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_workers_without_a_counter_file_are_refused(monkeypatch):
    monkeypatch.setenv("PODIUM_WORKERS", "2")
    with pytest.raises(SettingsError, match="PODIUM_COUNTER_FILE"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "guarded"),
    [("PODIUM_API_KEYS_FILE", True), ("PODIUM_RATE_LIMIT", True), ("PODIUM_REDIS_URL", False)],
)
def test_keys_or_a_limit_put_up_a_guard(monkeypatch, name, guarded):
    assert not read_settings().guarded
    monkeypatch.setenv(name, "something")
    assert read_settings().guarded is guarded


def test_settings_do_not_change():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        read_settings().workers = 2


def test_settings_go_through_the_environment_of_another_process(monkeypatch):
    given = Settings(
        workers=2,
        counter_file=Path("/run/my counter"),
        grace_s=2.5,
        rate_limit="100/minute",
        redis_url=SecretStr("redis://:secret@localhost/0"),
    )
    for name, text in given.to_environment().items():
        monkeypatch.setenv(name, text)
    assert read_settings() == given


def test_only_what_was_given_goes_into_the_environment():
    environment = Settings(rate_limit=None, content_limit_bytes=1024).to_environment()
    assert environment == {"PODIUM_RATE_LIMIT": "", "PODIUM_CONTENT_LIMIT_BYTES": "1024"}


def test_settings_given_by_hand_do_not_read_the_environment(monkeypatch):
    monkeypatch.setenv("PODIUM_GRACE_S", "2")
    assert Settings().grace_s == 10
