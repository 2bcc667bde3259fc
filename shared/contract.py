"""The contract as data: paths, methods, limits and media types that every backend shares."""

from dataclasses import dataclass
from typing import Literal

OperationName = Literal["count", "letter_count", "predict"]

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"
DOCS_TYPE = "text/html; charset=utf-8"
NO_STORE = "no-store"

MAX_ROWS = 1024
MAX_ERRORS = 20
DEFAULT_CONTENT_LIMIT_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Route:
    """One path of the contract: its methods (sorted, `OPTIONS` included) and whether it counts."""

    name: str
    path: str
    methods: tuple[str, ...]
    counted: bool

    @property
    def allow(self) -> str:
        """The value of the `Allow` header field (RFC 9110 section 10.2.1), sorted."""
        return ", ".join(self.methods)

    def is_guarded(self, method: str) -> bool:
        """Whether the guard, if there is one, looks at requests with this method."""
        return self.counted and method != "OPTIONS"


_READ = ("GET", "HEAD", "OPTIONS")
_WRITE = ("OPTIONS", "POST")

COUNT = Route("count", "/api/count", _READ, counted=True)
LETTER_COUNT = Route("letter_count", "/api/letter_count", _WRITE, counted=True)
PREDICT = Route("predict", "/api/predict", _WRITE, counted=True)
HEALTH = Route("health", "/api/health", _READ, counted=False)
OPENAPI = Route("openapi", "/openapi.json", _READ, counted=False)
DOCS = Route("docs", "/docs", _READ, counted=False)

ROUTES = (COUNT, LETTER_COUNT, PREDICT, HEALTH, OPENAPI, DOCS)
ROUTE_BY_PATH = {route.path: route for route in ROUTES}
OPERATIONS: tuple[OperationName, ...] = ("count", "letter_count", "predict")
