"""The contract in FastAPI with `def` handlers: FastAPI runs each of them in a thread of its pool.

All that is not a handler is that of `implementations.fastapi.app`.
"""

from fastapi import FastAPI, Request, Response

from implementations.fastapi.app import JsonResponse, add_options, contract_app
from shared.contract import DOCS_TYPE, JSON_TYPE, NO_STORE
from shared.schemas import (
    HealthResponse,
    LetterCountRequest,
    LetterCountResponse,
    PredictRequest,
    PredictResponse,
)
from shared.service import Service, start_service


def create_app(service: Service) -> FastAPI:
    """The contract as a FastAPI application that serves `service`."""
    app = contract_app(service)

    @app.api_route("/api/count", methods=["GET", "HEAD"])
    def count() -> JsonResponse:
        content = service.count(service.count_request())
        return JsonResponse(content, headers={"Cache-Control": NO_STORE})

    @app.post("/api/letter_count")
    def letter_count(body: LetterCountRequest) -> LetterCountResponse:
        return LetterCountResponse.model_validate(service.letter_count(body))

    @app.post("/api/predict", response_class=JsonResponse, response_model_exclude_none=True)
    def predict(body: PredictRequest) -> PredictResponse:
        return PredictResponse.model_validate(service.predict(body))

    @app.api_route("/api/health", methods=["GET", "HEAD"])
    def health() -> HealthResponse:
        return HealthResponse.model_validate(service.health())

    @app.api_route("/openapi.json", methods=["GET", "HEAD"])
    def openapi(request: Request) -> Response:
        document = service.openapi
        headers = {"ETag": document.etag}
        if document.matches(",".join(request.headers.getlist("If-None-Match")) or None):
            return Response(status_code=304, headers=headers)
        return Response(document.content, media_type=JSON_TYPE, headers=headers)

    @app.api_route("/docs", methods=["GET", "HEAD"])
    def docs() -> Response:
        return Response(service.docs, media_type=DOCS_TYPE)

    add_options(app)
    return app


def get_app() -> FastAPI:
    """The application for a server program; its settings come from the environment."""
    return create_app(start_service())
