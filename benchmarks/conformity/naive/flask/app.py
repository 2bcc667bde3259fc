"""The operations in Flask, as a tutorial would write them."""

import json
from itertools import count
from typing import Any

from flask import Flask, Response, request

from shared.service import Service


def create_app(service: Service) -> Flask:
    """Return a naive application; of `service` it uses only the model's engine."""
    app = Flask(__name__)
    service.wait_ready(60)
    predict_rows = service.require_model().engine
    numbers = count(1)

    @app.get("/api/count")
    def counted() -> Response:
        # Flask ends its JSON with a line end; the load engine wants a count byte for byte.
        text = json.dumps({"count": next(numbers)}, separators=(",", ":"))
        return Response(text, mimetype="application/json")

    @app.post("/api/letter_count")
    def letter_count() -> dict[str, Any]:
        name = request.get_json().get("name", "")
        return {"name": name, "letter_count": len(name)}

    @app.post("/api/predict")
    def predict() -> dict[str, Any]:
        predictions, probabilities, _ = predict_rows(request.get_json()["instances"])
        return {
            "model": {"name": "iris", "version": "1"},
            "predictions": predictions,
            "probabilities": probabilities,
        }

    @app.get("/api/health")
    def health() -> Response:
        return Response('{"status":"ok"}', mimetype="application/json")

    return app
