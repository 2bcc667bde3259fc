"""The operations over bare ASGI, as a tutorial would write them."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from itertools import count
from typing import Any

from shared.service import Service

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def create_app(service: Service) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """Return a naive application; of `service` it uses only the model's engine."""
    service.wait_ready(60)
    predict_rows = service.require_model().engine
    numbers = count(1)

    async def read_json(receive: Receive) -> Any:
        content, more = b"", True
        while more:
            message = await receive()
            content += message.get("body", b"")
            more = message.get("more_body", False)
        return json.loads(content)

    async def answer(path: str, receive: Receive) -> object:
        if path == "/api/count":
            return {"count": next(numbers)}
        if path == "/api/letter_count":
            name = (await read_json(receive)).get("name", "")
            return {"name": name, "letter_count": len(name)}
        if path == "/api/predict":
            predictions, probabilities, _ = predict_rows((await read_json(receive))["instances"])
            return {
                "model": {"name": "iris", "version": "1"},
                "predictions": predictions,
                "probabilities": probabilities,
            }
        return {"status": "ok"}

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for moment in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{moment}.complete"})
            return
        content = json.dumps(await answer(scope["path"], receive), separators=(",", ":")).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app
