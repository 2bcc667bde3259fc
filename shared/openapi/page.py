"""The OpenAPI document as one small page for people, with no reference to anything outside."""

import shlex
from collections.abc import Iterator
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from shared.content import dumps
from shared.openapi.described_model import Json

_TEMPLATE = Path(__file__).with_name("page.html.j2")


def build_docs(document: Json) -> bytes:
    """Return the page in UTF-8; its sections are in the order of the document."""
    # Slow to import, and of use to the first request for the page only.
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters |= {
        # Both escape what they are given themselves.
        "text": lambda markdown: Markup(to_html(markdown)),  # noqa: S704
        "block": lambda lines: Markup(f"<pre>{escape(lines, quote=False)}</pre>"),  # noqa: S704
        "anchor": _anchor,
        "examples": _examples,
        "problems": _problems,
        "json": _json,
    }
    refusals = _refusals(document)
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        document=document,
        operations=list(_operations(document)),
        refusals=sorted(refusals, key=lambda each: int(each[0]["status"])),
        first_problem=refusals[0][0],
        common_fields=set.intersection(*(set(response["headers"]) for _, response in refusals)),
        guarded_curl=_guarded_curl(document),
        limits=_limits(document),
        curl=_curl,
        resolve=partial(_resolve, document),
    )
    return f"{page}\n".encode()


def _operations(document: Json) -> Iterator[tuple[str, str, Json, str]]:
    """Yield path, method and operation of what each path is for, and its other methods."""
    for path, item in document["paths"].items():
        # `HEAD` and `OPTIONS` say nothing of their own.
        method = "post" if "post" in item else "get"
        others = ", ".join(other.upper() for other in item if other != method)
        # What is missing counts as empty in the template.
        empty: Json = {"security": None, "parameters": None, "requestBody": None}
        yield path, method, {**empty, **item[method]}, others


def _refusals(document: Json) -> list[tuple[Json, Json]]:
    """Return each problem once with its response, first those that several operations share."""
    own = [
        response for *_, each, _ in _operations(document) for response in each["responses"].values()
    ]
    found: dict[str, tuple[Json, Json]] = {}
    for response in (*document["components"]["responses"].values(), *own):
        for problem in _problems(response):
            found.setdefault(problem["code"], (problem, response))
    return list(found.values())


def _problems(response: Json) -> list[Json]:
    """Return the problems that an answer may tell of, as examples of it."""
    return [
        shown["value"]
        for media_type, media in response.get("content", {}).items()
        if media_type.endswith("problem+json")
        for shown in media["examples"].values()
    ]


def _examples(holder: Json) -> list[str]:
    """Return the examples of a request or an answer, as they are sent."""
    return [
        _json(shown["value"])
        for media in holder.get("content", {}).values()
        for shown in media.get("examples", {}).values()
    ]


def _guarded_curl(document: Json) -> str:
    path, operation = next(
        (path, operation)
        for path, _, operation, _ in _operations(document)
        if operation["security"]
    )
    return f'{_curl(path, operation)} -H "Authorization: Bearer $KEY"'


def _curl(path: str, operation: Json) -> str:
    """Return a line for the shell that calls the operation with its first example."""
    line = f"curl $URL{path}"
    for media_type, media in (operation["requestBody"] or {}).get("content", {}).items():
        content = _json(next(iter(media["examples"].values()))["value"])
        line += f" -H {shlex.quote(f'Content-Type: {media_type}')} -d {shlex.quote(content)}"
    return line


def _limits(document: Json) -> list[tuple[str, object]]:
    schemas = document["components"]["schemas"]
    rows = schemas["PredictRequest"]["properties"]["instances"]
    errors = schemas["InvalidInstances"]["properties"]["errors"]
    bodies = [operation["requestBody"] for _, _, operation, _ in _operations(document)]
    (limit_bytes,) = {body["x-content-limit-bytes"] for body in bodies if body}
    return [
        ("Content of a request", f"{limit_bytes:,} bytes"),
        ("Rows in a request", f"{rows['minItems']} to {rows['maxItems']:,}"),
        ("Values in a row", rows["items"].get("minItems", "as the model has features")),
        ("Errors listed in an answer", errors["maxItems"]),
    ]


def to_html(markdown: str) -> str:
    """Return HTML; the document's descriptions use no more of Markdown than `code`."""
    parts = escape(markdown, quote=False).split("`")
    return "".join(
        f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)
    )


def _json(value: object) -> str:
    return dumps(value).decode()


def _anchor(name: str) -> str:
    return name.strip("/").replace("/", "-").replace(".", "-")


def _resolve(document: Json, node: Json) -> Json:
    """Return the part of the document that a reference leads to, or the node itself."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node
