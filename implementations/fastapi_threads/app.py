"""The contract in FastAPI with `def` handlers: FastAPI runs each of them in a thread of its pool.

All else is that of `implementations.fastapi.app`.
"""

from fastapi import FastAPI

from implementations.fastapi import app as fastapi_app
from shared.service import Service, start_service


def create_app(service: Service) -> FastAPI:
    """Return the contract as a FastAPI application that serves `service`."""
    return fastapi_app.create_app(service, threads=True)


def get_app() -> FastAPI:
    """Return the application for a server program; its settings come from the environment."""
    return create_app(start_service())
