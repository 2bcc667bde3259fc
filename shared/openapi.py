"""The contract once more, by machine: the OpenAPI 3.1 document that every backend serves."""

import hashlib
from dataclasses import dataclass

from shared.json_text import dumps


@dataclass(frozen=True)
class OpenApiDocument:
    """The document's bytes and their strong entity tag (RFC 9110 section 8.8.3)."""

    content: bytes

    @property
    def etag(self) -> str:
        return '"' + hashlib.sha256(self.content).hexdigest() + '"'

    def matches(self, if_none_match: str | None) -> bool:
        return if_none_match == self.etag


def build_document(content_limit_bytes: int) -> OpenApiDocument:
    """The document of a service that takes content up to `content_limit_bytes`."""
    return OpenApiDocument(dumps({"openapi": "3.1.0"}))


def build_docs(document: OpenApiDocument) -> bytes:
    """The document as a page for people."""
    return b"<!doctype html><title>podium</title>"
