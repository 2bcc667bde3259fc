"""The operations in FastAPI, as a tutorial would write them."""

from itertools import count
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from shared.service import Service


class Name(BaseModel):
    name: str = ""


class Rows(BaseModel):
    instances: list[list[float]]


def create_app(service: Service) -> FastAPI:
    """Return a naive application; of `service` it uses only the model's engine."""
    app = FastAPI()
    service.wait_ready(60)
    predict_rows = service.require_model().engine
    numbers = count(1)

    @app.get("/api/count")
    async def counted() -> dict[str, int]:
        return {"count": next(numbers)}

    @app.post("/api/letter_count")
    async def letter_count(body: Name) -> dict[str, Any]:
        return {"name": body.name, "letter_count": len(body.name)}

    @app.post("/api/predict")
    async def predict(body: Rows) -> dict[str, Any]:
        predictions, probabilities, _ = predict_rows(body.instances)
        return {
            "model": {"name": "iris", "version": "1"},
            "predictions": predictions,
            "probabilities": probabilities,
        }

    @app.get("/api/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
