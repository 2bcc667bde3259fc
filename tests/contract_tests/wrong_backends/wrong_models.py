"""Wrong in what they answer for another model, and in how many predictions they make at once."""

import re
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from contract_tests.backends.wsgi_call import Environ, WsgiApp, call_environ
from shared.concurrency_limit import ConcurrencyLimit
from shared.problems import NotReady, Overloaded, Problem
from shared.schemas import PredictRequest
from shared.service import Service
from tests.contract_tests.wrong_backends.mutation import (
    Changed,
    create_right_app,
    is_operation,
    on_answer,
    on_content,
    right,
    status,
    text,
    value,
    with_service,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong, wrong_app

PREDICT = "/api/predict"


class WithoutBound(Changed):
    """Takes on whatever comes."""

    def prediction_slot(self) -> AbstractContextManager[None]:
        return nullcontext()


class NeverBack(Changed):
    """Takes places, and gives none back."""

    def prediction_slot(self) -> AbstractContextManager[None]:
        self.service.prediction_slot().__enter__()
        return nullcontext()


class NotReadyInstead(Changed):
    """Tells of a full queue in other words."""

    def prediction_slot(self) -> AbstractContextManager[None]:
        try:
            with self.service.prediction_slot():
                return nullcontext()
        except Overloaded as exc:
            raise NotReady from exc


class FullBeforeReading(Changed):
    """Looks for a place before it looks at the content, whatever the request is for."""

    def count_request(self) -> int:
        number = self.service.count_request()
        with self.service.prediction_slot():
            return number


class FullAfterAll(Changed):
    """Looks for a place once it knows what the content means."""

    def prediction_slot(self) -> AbstractContextManager[None]:
        self.service.require_model()
        return nullcontext()

    def predict(self, request: object) -> object:
        with self.service.prediction_slot():
            return self.service.predict(request)  # type: ignore[arg-type]  # passed on as it came


class LastPlaceEmpty(Changed):
    """Takes nobody on where one place is left."""

    def prediction_slot(self) -> AbstractContextManager[None]:
        with self.service.prediction_slot(), self.service.prediction_slot():
            return nullcontext()


class Unhealthy(Changed):
    """Takes a full queue for the end."""

    def health(self) -> dict[str, object]:
        with self.service.prediction_slot():
            return self.service.health()


def keeping_refused_places(service: Service) -> WsgiApp:
    """Gives no place back that a refused request has taken."""
    right_app = create_right_app(service)

    def app(environ: Environ, start_response: Any) -> list[bytes]:
        answer = call_environ(right_app, environ)
        if is_operation(environ, "predict") and answer.status in {400, 415}:
            with suppress(Overloaded):
                service.prediction_slot().__enter__()
        start_response(f"{answer.status} Status", list(answer.fields))
        return [answer.content]

    return app


def taking_places_always(service: Service) -> WsgiApp:
    """Looks for a place for whatever is asked of predict's path."""
    right_app = create_right_app(service)

    def app(environ: Environ, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == PREDICT and environ["REQUEST_METHOD"] != "POST":
            try:
                with service.prediction_slot():
                    pass
            except Problem as problem:
                fields = [*problem.header_fields().items(), ("Content-Length", "0")]
                start_response(f"{problem.status} Status", fields)
                return []
        return list(right_app(environ, start_response))

    return app


def as_number(name: str) -> float | str:
    """A class's name, as it comes out where numbers are looked for first."""
    return float(name) if name.isdigit() else name


def always_bounded(service: Service) -> Service:
    """Knows a bound that nobody has set."""
    if service.settings.predictions_at_once is None:
        service._concurrency_limit = ConcurrencyLimit(10)
    return service


class AnyVersion(Changed):
    """Answers whichever version is asked for."""

    def predict(self, request: PredictRequest) -> dict[str, object]:
        return super().predict(PredictRequest(instances=request.instances))


MODELS_WRONG = (
    wrong(
        "takes-what-is-no-version",
        "predict.model-version",
        on_content(lambda c: re.sub(rb',"model_version":(1|null|true|\["1"\])}$', b"}", c)),
    ),
    wrong_app("serves-any-version", "predict.model-version", with_service(AnyVersion)),
    wrong(
        "gives-numbers-as-strings",
        "predict.regression",
        on_answer(
            right(PREDICT), value(lambda v: v | {"predictions": [str(p) for p in v["predictions"]]})
        ),
    ),
    wrong(
        "gives-names-as-numbers",
        "predict.answer",
        on_answer(
            lambda e, a: right(PREDICT)(e, a) and b"probabilities" in a.content,
            value(lambda v: v | {"predictions": [as_number(p) for p in v["predictions"]]}),
        ),
    ),
    wrong(
        "gives-null-for-probabilities",
        "predict.regression",
        on_answer(right(PREDICT), value(lambda v: {"probabilities": None} | v)),
    ),
    wrong(
        "knows-one-model",
        "predict.regression",
        on_answer(status(422), text(lambda c: c.replace(b"have 10 numbers", b"have 4 numbers"))),
    ),
    wrong(
        "names-no-range",
        "predict.regression",
        on_answer(status(422), text(lambda c: c.replace(b"is out of", b"must be in"))),
    ),
    wrong(
        "is-ill-with-a-model",
        "predict.regression",
        on_answer(
            lambda e, a: is_operation(e, "health") and a.status == 200,
            text(lambda c: c.replace(b"ok", b"okay")),
        ),
    ),
    wrong_app("takes-all-on", "problem.503-overloaded", with_service(WithoutBound)),
    wrong_app("keeps-its-places", "problem.503-overloaded", with_service(NeverBack)),
    wrong_app("keeps-refused-places", "problem.503-overloaded", keeping_refused_places),
    wrong_app("needs-the-model-for-options", "http.options problem.405", taking_places_always),
    wrong_app("is-not-ready-when-full", "problem.503-overloaded", with_service(NotReadyInstead)),
    wrong_app("is-ill-when-full", "problem.503-overloaded", with_service(Unhealthy)),
    wrong_app("leaves-a-place-empty", "problem.503-overloaded", with_service(LastPlaceEmpty)),
    wrong_app("has-a-bound-of-its-own", "problem.503-overloaded", with_service(always_bounded)),
    wrong_app(
        "is-full-before-it-reads",
        "problem.503-overloaded precedence.400-before-503",
        with_service(FullBeforeReading),
    ),
    wrong_app(
        "is-full-after-it-understands", "precedence.503-before-422", with_service(FullAfterAll)
    ),
)
