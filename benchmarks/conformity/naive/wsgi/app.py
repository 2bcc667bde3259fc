"""The operations over bare WSGI, as a tutorial would write them."""

import json
from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING, Any

from shared.service import Service

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


def create_app(service: Service) -> "WSGIApplication":
    """Return a naive application; of `service` it uses only the model's engine."""
    service.wait_ready(60)
    predict_rows = service.require_model().engine
    numbers = count(1)

    def read_json(environ: "WSGIEnvironment") -> Any:
        return json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))

    def answer(environ: "WSGIEnvironment") -> object:
        path = environ["PATH_INFO"]
        if path == "/api/count":
            return {"count": next(numbers)}
        if path == "/api/letter_count":
            name = read_json(environ).get("name", "")
            return {"name": name, "letter_count": len(name)}
        if path == "/api/predict":
            predictions, probabilities, _ = predict_rows(read_json(environ)["instances"])
            return {
                "model": {"name": "iris", "version": "1"},
                "predictions": predictions,
                "probabilities": probabilities,
            }
        return {"status": "ok"}

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        content = json.dumps(answer(environ), separators=(",", ":")).encode()
        start_response(
            "200 OK",
            [("Content-Type", "application/json"), ("Content-Length", str(len(content)))],
        )
        return [content]

    return app
