"""The operations in Falcon over ASGI, as a tutorial would write them."""

import json
from itertools import count

from falcon.asgi import App, Request, Response

from shared.model.engine import Engine
from shared.service import Service


class Count:
    def __init__(self) -> None:
        self.numbers = count(1)

    async def on_get(self, req: Request, resp: Response) -> None:
        # Falcon's JSON has spaces; the load engine wants a count byte for byte.
        resp.text = json.dumps({"count": next(self.numbers)}, separators=(",", ":"))


class LetterCount:
    async def on_post(self, req: Request, resp: Response) -> None:
        name = (await req.get_media()).get("name", "")
        resp.media = {"name": name, "letter_count": len(name)}


class Predict:
    def __init__(self, predict_rows: Engine) -> None:
        self.predict_rows = predict_rows

    async def on_post(self, req: Request, resp: Response) -> None:
        predictions, probabilities, _ = self.predict_rows((await req.get_media())["instances"])
        resp.media = {
            "model": {"name": "iris", "version": "1"},
            "predictions": predictions,
            "probabilities": probabilities,
        }


class Health:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.text = '{"status":"ok"}'


def create_app(service: Service) -> "App[Request, Response]":
    """Return a naive application; of `service` it uses only the model's engine."""
    app = App()
    service.wait_ready(60)
    app.add_route("/api/count", Count())
    app.add_route("/api/letter_count", LetterCount())
    app.add_route("/api/predict", Predict(service.require_model().engine))
    app.add_route("/api/health", Health())
    return app
