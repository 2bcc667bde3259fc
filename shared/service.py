"""The service that every implementation wraps: its counter, its model, its settings, its document.

It takes and gives plain values; it knows no request objects and no framework.
"""

import os
import sys
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.concurrency_limit import ConcurrencyLimit
from shared.counter import Counter, MappedCounter, MemoryCounter
from shared.errors import SharedError
from shared.model.following import follow
from shared.model.model import Model, follows_registry, open_model, version_directory
from shared.model.version import read_manifest
from shared.openapi.document import OpenApiDocument, build_document
from shared.problems import ContentError, InvalidContent, NotReady
from shared.schemas import LetterCountRequest, PredictRequest
from shared.settings import Settings, asked_workers, read_settings

if TYPE_CHECKING:
    from shared.guard.guard import Guard
    from shared.model.batching import Batches

START_FAILED = 3
"""Exit status of a worker that cannot serve: gunicorn and uvicorn then stop, not start another."""


def end_process() -> None:
    """End this process at once, from any thread, with the status of a failed start."""
    sys.stderr.flush()
    os._exit(START_FAILED)


class Service:
    """The operations of the contract over plain values.

    guard : admits requests to the operations; None where everybody may ask.
    on_load_failure : called after a failed load was written to stderr. A server whose model will
        never answer is of no use, and one that ended is noticed sooner than one that is silent.
    """

    def __init__(
        self,
        settings: Settings,
        counter: Counter,
        on_load_failure: Callable[[], None] = end_process,
        guard: "Guard | None" = None,
    ) -> None:
        self.settings = settings
        self.guard = guard
        self._counter = counter
        self._on_load_failure = on_load_failure
        self._concurrency_limit = ConcurrencyLimit(settings.predictions_at_once)
        self._model: Model | None = None
        self._loaded = threading.Event()
        self._draining = False

    def count_request(self) -> int:
        """Count one request that reached an operation, and return the count.

        An implementation calls this when the guard has admitted the request, and before it looks
        at the content.
        """
        return self._counter.increment()

    def letter_count(self, request: LetterCountRequest) -> dict[str, object]:
        """Return the answer of `letter_count`: the number of Unicode code points of the name."""
        return {"name": request.name, "letter_count": len(request.name)}

    def require_model(self) -> Model:
        """Return the model; raises `NotReady` until it is loaded."""
        model = self._model
        if model is None:
            raise NotReady
        return model

    def prediction_slot(self) -> ConcurrencyLimit:
        """Return what to hold by `with` while predicting: the step that answers 503.

        An implementation takes the slot after it has read the JSON and before it parses the
        request. Raises `NotReady` until the model is loaded; entering raises `Overloaded`.
        """
        self.require_model()
        return self._concurrency_limit

    def predict(self, request: PredictRequest) -> dict[str, object]:
        """Return the answer of `predict`.

        Raises `NotReady`, `InvalidContent`, and `Overloaded` where too many wait for a batch.
        """
        model = self.require_model()
        _require_version(request, model)
        return model.answer(request.instances)

    async def predict_async(self, request: PredictRequest) -> dict[str, object]:
        """Return the same; while others are gathered for one call, the event loop goes on.

        The model itself is called in the loop.
        """
        model = self.require_model()
        if model.batches is None:
            return self.predict(request)
        _require_version(request, model)
        return await model.answer_async(request.instances)

    def health(self) -> dict[str, object]:
        """Return the answer of `health`; raises `NotReady` while loading and after `drain`."""
        if self._model is None or self._draining:
            raise NotReady
        return {"status": "ok"}

    def drain(self) -> None:
        """Let `health` answer 503 from now on: the service is about to stop."""
        self._draining = True

    def start_loading(self, loaded: Model | None = None) -> threading.Thread:
        """Start to load the model, in the thread that is returned; call it once.

        When the model has answered one row, the service is ready, and says so with a file named
        by its process id in `settings.ready_directory`.

        loaded : the model where it was loaded before this process was forked.
        """
        thread = threading.Thread(target=self._load, args=(loaded,), name="load-model", daemon=True)
        thread.start()
        return thread

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until the service is ready, for at most `timeout_s`; return whether it is."""
        return self._loaded.wait(timeout_s)

    @property
    def openapi(self) -> OpenApiDocument:
        """The OpenAPI document; it states what a row is once the model is loaded."""
        model = None if self._model is None else self._model.described
        return build_document(self.settings.content_limit_bytes, model)

    @property
    def docs(self) -> bytes:
        """The same document as a page for people."""
        return self.openapi.page

    def _switch(self, model: Model) -> None:
        # One assignment, and each request reads it once: an answer is wholly of one version.
        self._model = model
        if model.batches is not None:
            _tell_at_end(model, model.batches)

    def _load(self, loaded: Model | None) -> None:
        try:
            model = load_model(self.settings, loaded)
            self._switch(model)
            asked = self.settings.model
            if asked is not None and follows_registry(asked):
                follow(asked, self.settings.engine, model.version, self._switch)
            if self.settings.ready_directory is not None:
                (self.settings.ready_directory / str(os.getpid())).touch()
        except Exception as exc:  # in its own thread nobody else would hear of it
            traceback.print_exc()
            print(f"podium: this process cannot serve without its model: {exc}", file=sys.stderr)
            self._on_load_failure()
        else:
            self._loaded.set()


def load_model(settings: Settings, loaded: Model | None = None) -> Model:
    """Return the model of these settings, which is `loaded` unless another version is in use now.

    Raises a `ModelError` or `OSError`.
    """
    with version_directory(settings.model) as directory:
        if loaded is not None and read_manifest(directory) == loaded.manifest:
            return loaded
        return open_model(directory, settings.engine)


def open_service(settings: Settings | None = None, loaded: Model | None = None) -> Service:
    """Return a service that is loading its model; by default its settings are the environment's.

    loaded : see `Service.start_loading`. Raises a `SharedError` that says what to do.
    """
    settings = read_settings() if settings is None else settings
    workers = max(settings.workers, asked_workers(sys.argv, os.environ))
    settings.require_counter_for(workers)
    path = settings.counter_file
    counter = MemoryCounter() if path is None else MappedCounter(path)
    service = Service(settings, counter, guard=_open_guard(settings, workers))
    service.start_loading(loaded)
    return service


def start_service(loaded: Model | None = None) -> Service:
    """Return `open_service()`, or end this server process with one sentence if that fails.

    A process that is forked from this one later has none of its threads, and ends likewise.
    """
    try:
        service = open_service(loaded=loaded)
    except SharedError as exc:
        print(f"podium: {exc}", file=sys.stderr)
        sys.exit(START_FAILED)
    os.register_at_fork(after_in_child=_refuse_fork)
    return service


def _refuse_fork() -> None:
    print(
        "podium: this process was forked from one that had the service already, as "
        "`gunicorn --preload` does, and its threads are not here; start the server without that, "
        "or by `podium serve STACK --preload`",
        file=sys.stderr,
    )
    end_process()


def _tell_at_end(model: Model, batches: "Batches") -> None:
    """Print what a batched model did when it is replaced, or its process ends."""
    # At the end of a worker of multiprocessing, too, where `atexit` calls nobody.
    from multiprocessing.util import Finalize  # noqa: PLC0415 - slow to import

    def tell() -> None:
        # In one piece, as other workers write at the same time.
        sys.stderr.write(f"podium: this process made {batches.summary()}\n")

    Finalize(model, tell, exitpriority=0)


def _require_version(request: PredictRequest, model: Model) -> None:
    if request.model_version not in (None, model.version):
        raise InvalidContent([ContentError("/model_version", "is not served")])


def _open_guard(settings: Settings, workers: int) -> "Guard | None":
    if not settings.guarded:
        return None
    from shared.guard.guard import open_guard  # noqa: PLC0415 - slow to import

    # A worker that replaces one that died finds that others were ready.
    ready = settings.ready_directory
    return open_guard(settings, workers, begun=ready is not None and any(ready.iterdir()))
