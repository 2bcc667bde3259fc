"""The service over plain values."""

import asyncio
import gc
import os
import subprocess
import sys
import time

import pytest
from pydantic import SecretStr

from shared.counter import MappedCounter, MemoryCounter, create_counter_file
from shared.errors import CounterFileUnusable, RedisUnreachable, SettingsError
from shared.problems import InvalidContent, NotReady, Overloaded
from shared.schemas import LetterCountRequest, PredictRequest
from shared.service import Service, load_model, open_service
from shared.settings import Settings
from tests.redis_server import redis_server

READY_TIMEOUT_S = 60
SETOSA = [5.1, 3.5, 1.4, 0.2]


@pytest.fixture
def idle():
    """A service that was not told to load its model."""
    return Service(Settings(), MemoryCounter())


@pytest.fixture
def ready():
    service = open_service(Settings())
    assert service.wait_ready(READY_TIMEOUT_S)
    return service


def test_each_counted_request_has_its_number(idle):
    assert [idle.count_request() for _ in range(2)] == [1, 2]


@pytest.mark.parametrize(
    ("name", "letters"),
    [("", 0), ("Alice", 5), ("Zoë", 3), ("Zoe\u0308", 4), ("\U0001f600", 1), ("a\x00b\n", 4)],
)
def test_letters_are_code_points(idle, name, letters):
    answer = idle.letter_count(LetterCountRequest(name=name))
    assert list(answer.items()) == [("name", name), ("letter_count", letters)]


def test_nothing_is_ready_before_the_model_is(idle):
    assert not idle.wait_ready(0)
    for ask in (idle.health, idle.require_model):
        with pytest.raises(NotReady):
            ask()


def test_whether_rows_are_right_cannot_be_told_without_the_model(idle):
    with pytest.raises(NotReady):
        idle.predict(PredictRequest(instances=[]))


def test_a_ready_service_predicts_and_is_healthy(ready, iris):
    assert ready.health() == {"status": "ok"}
    assert ready.predict(PredictRequest(instances=[SETOSA])) == iris.answer([SETOSA])
    assert len(ready.require_model().manifest.features) == 4


def test_one_prediction_more_than_the_settings_allow_is_refused():
    service = open_service(Settings(predictions_at_once=2))
    assert service.wait_ready(READY_TIMEOUT_S)
    with service.prediction_slot(), service.prediction_slot():
        slot = service.prediction_slot()
        with pytest.raises(Overloaded), slot:
            pytest.fail("there were only two slots")
    with slot:
        assert service.predict(PredictRequest(instances=[SETOSA]))["predictions"] == ["setosa"]


def test_without_a_model_there_is_no_prediction_slot():
    service = Service(Settings(predictions_at_once=1), MemoryCounter())
    with pytest.raises(NotReady):
        service.prediction_slot()


def test_a_batched_service_gathers_what_tasks_ask_and_tells_so_at_its_end(iris, capfd):
    service = open_service(Settings(engine="batched"))
    assert service.wait_ready(READY_TIMEOUT_S)
    request = PredictRequest(instances=[SETOSA])

    async def ask(predict):
        return await asyncio.gather(*(predict(request) for _ in range(5)))

    for answer in [*asyncio.run(ask(service.predict_async)), service.predict(request)]:
        assert answer["predictions"] == ["setosa"]
        expected = iris.answer([SETOSA])["probabilities"]
        assert answer["probabilities"][0] == pytest.approx(expected[0], abs=1e-9)
    with pytest.raises(InvalidContent):
        asyncio.run(service.predict_async(PredictRequest(instances=[[1.0]])))
    with pytest.raises(InvalidContent, match="is not served"):
        asyncio.run(service.predict_async(PredictRequest(instances=[SETOSA], model_version="9")))
    del service
    gc.collect()
    assert (
        "podium: this process made 2 calls of the model: 1 alone (1.0 rows each, 1 at most), "
        "1 gathered (5.0 rows each, 5 at most)\n" in capfd.readouterr().err
    )


@pytest.mark.parametrize("engine", ["sklearn", "compiled"])
def test_other_engines_answer_tasks_as_they_answer_threads(engine):
    service = open_service(Settings(engine=engine))
    assert service.wait_ready(READY_TIMEOUT_S)
    request = PredictRequest(instances=[SETOSA])
    assert asyncio.run(service.predict_async(request)) == service.predict(request)


def test_wrong_rows_are_invalid_content(ready):
    with pytest.raises(InvalidContent):
        ready.predict(PredictRequest(instances=[]))


def test_a_draining_service_serves_on_but_is_not_healthy(ready):
    ready.drain()
    with pytest.raises(NotReady):
        ready.health()
    assert ready.predict(PredictRequest(instances=[SETOSA]))["predictions"] == ["setosa"]
    assert ready.count_request() == 1


def test_without_a_file_the_model_is_trained(iris):
    service = open_service(Settings())
    assert service.wait_ready(READY_TIMEOUT_S)
    assert service.predict(PredictRequest(instances=[SETOSA])) == iris.answer([SETOSA])


def test_a_ready_worker_puts_its_process_id_into_the_directory(tmp_path):
    service = open_service(Settings(ready_directory=tmp_path))
    assert service.wait_ready(READY_TIMEOUT_S)
    assert [path.name for path in tmp_path.iterdir()] == [str(os.getpid())]


def test_a_failed_load_is_told_and_never_ready(tmp_path, capfd):
    missing = tmp_path / "missing"
    failures = []
    settings = Settings(model=str(missing), ready_directory=tmp_path)
    service = Service(settings, MemoryCounter(), on_load_failure=lambda: failures.append(1))
    service.start_loading().join(READY_TIMEOUT_S)
    assert failures == [1]
    error = capfd.readouterr().err
    assert "Traceback" in error
    assert (
        f"podium: this process cannot serve without its model: The model version in {missing} "
        "is damaged (manifest.json is missing)" in error
    )
    with pytest.raises(NotReady):
        service.health()
    assert not service.wait_ready(0)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_load_ends_a_served_process_loudly(tmp_path):
    """Status 3: gunicorn then stops altogether instead of starting the worker again for ever."""
    ended = subprocess.run(
        check=False,
        args=[
            sys.executable,
            "-c",
            "import threading\nfrom shared.service import open_service\n"
            "open_service()\nthreading.Event().wait()",
        ],
        env={**os.environ, "PODIUM_MODEL": str(tmp_path / "missing")},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 3
    assert ended.stderr.splitlines()[-1].startswith("podium: this process cannot serve")


def test_services_with_one_counter_file_share_their_count(tmp_path):
    path = tmp_path / "counter"
    create_counter_file(path)
    settings = Settings(workers=2, counter_file=path)
    script = (
        "import os\nfrom shared.service import open_service\n"
        "service = open_service()\nprint(service.count_request(), flush=True)\n"
        "os._exit(0)"  # the model is still being loaded
    )
    environ = {name: str(value) for name, value in settings if value is not None}
    environ = {f"PODIUM_{name.upper()}": value for name, value in environ.items()}
    for expected in (1, 2):
        out = subprocess.check_output(
            [sys.executable, "-c", script], env={**os.environ, **environ}, text=True, timeout=60
        )
        assert out == f"{expected}\n"
    assert MappedCounter(path).increment() == 3


def test_an_unusable_counter_file_stops_the_start(tmp_path):
    with pytest.raises(CounterFileUnusable):
        open_service(Settings(counter_file=tmp_path / "missing"))


def test_workers_asked_for_on_the_command_line_need_a_counter_file(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/gunicorn", "-w", "4", "app"])
    with pytest.raises(SettingsError, match="4 workers"):
        open_service(Settings())


def test_a_start_that_fails_ends_the_process_with_one_sentence(tmp_path):
    """Status 3: gunicorn and uvicorn then stop, instead of starting the worker again for ever."""
    program = "from shared.service import start_service; start_service()"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PODIUM_COUNTER_FILE": str(tmp_path / "missing")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    [sentence] = ended.stderr.splitlines()
    assert sentence.startswith("podium: The counter file ")


def test_there_is_no_guard_unless_one_is_asked_for(tmp_path):
    assert open_service(Settings()).guard is None
    keys = tmp_path / "keys"
    keys.write_text("key")
    for asked in ({"api_keys_file": keys}, {"rate_limit": "1/hour"}):
        assert open_service(Settings(**asked)).guard is not None


def test_workers_asked_for_on_the_command_line_need_one_limit(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/gunicorn", "-w", "4", "app"])
    counter = tmp_path / "counter"
    create_counter_file(counter)
    settings = Settings(counter_file=counter, rate_limit="1/hour")
    with pytest.raises(SettingsError, match=r"4 workers .* through Redis"):
        open_service(settings)


def test_only_a_worker_that_replaces_one_starts_without_redis(tmp_path, caplog):
    """Others have been ready before it, and they go on without Redis."""
    ready = tmp_path / "ready"
    ready.mkdir()
    with redis_server(tmp_path) as server:
        settings = Settings(
            ready_directory=ready,
            rate_limit="1/hour",
            redis_url=SecretStr(server.url),
        )
        server.stop()
        with pytest.raises(RedisUnreachable):
            open_service(settings)
        (ready / "4711").touch()
        assert open_service(settings).guard is not None
        server.start()
        deadline = time.monotonic() + READY_TIMEOUT_S
        while "is back" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_importing_the_service_is_quick():
    """scikit-learn takes seconds, which a server should spend after its port is bound; and what
    only a guard needs is imported only for one.
    """
    out = subprocess.check_output(
        [sys.executable, "-c", "import sys, shared.service; print(*sys.modules)"], text=True
    )
    assert {"sklearn", "skops", "scipy", "limits", "redis"}.isdisjoint(out.split())


def test_a_model_that_is_loaded_is_served_unless_another_is_in_use_now(iris):
    assert load_model(Settings(), iris) is iris
    assert load_model(Settings(model="diabetes"), iris).name == "diabetes"
