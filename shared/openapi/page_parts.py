"""What the documentation page is made of: pieces of the OpenAPI document as HTML."""

import shlex
from collections.abc import Iterator
from html import escape
from typing import Any

from shared.content import dumps

Json = dict[str, Any]


def text(markdown: str) -> str:
    """The document's descriptions are plain text with `code`; no more of Markdown is used."""
    parts = escape(markdown, quote=False).split("`")
    return "".join(
        f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)
    )


def code(word: str) -> str:
    """A word of the protocol."""
    return f"<code>{escape(word)}</code>"


def block(lines: str) -> str:
    """Lines to be copied."""
    return f"<pre>{escape(lines, quote=False)}</pre>"


def example(value: object) -> str:
    """A content, as it is sent."""
    return block(dumps(value).decode())


def link(name: str, label: str) -> str:
    """To another place on the page; `label` is HTML."""
    return f'<a href="#{anchor(name)}">{label}</a>'


def anchor(name: str) -> str:
    """What a place on the page is called, such as a path or a problem's code."""
    return escape(name.strip("/").replace("/", "-").replace(".", "-"))


def method_label(method: str) -> str:
    """A request's method."""
    name = escape(method.upper())
    return f'<span class="method {name}">{name}</span>'


def status_cell(status: str) -> str:
    """The first cell of a row about an answer."""
    return f'<th class="{"good" if status < "400" else "bad"}">{escape(status)}</th>'


def examples(holder: Json) -> Iterator[str]:
    """What a request or an answer looks like."""
    for media in holder.get("content", {}).values():
        for shown in media.get("examples", {}).values():
            yield example(shown["value"])


def problems(response: Json) -> Iterator[Json]:
    """The problems that an answer may tell of, as examples of it."""
    for media_type, media in response.get("content", {}).items():
        if media_type.endswith("problem+json"):
            yield from (shown["value"] for shown in media["examples"].values())


def curl(path: str, operation: Json) -> str:
    """A line for the shell that calls the operation with its first example."""
    line = f"curl $URL{path}"
    for media_type, media in operation.get("requestBody", {}).get("content", {}).items():
        content = dumps(next(iter(media["examples"].values()))["value"]).decode()
        line += f" -H {shlex.quote(f'Content-Type: {media_type}')} -d {shlex.quote(content)}"
    return line


def main_method(item: Json) -> str:
    """The method that a path is there for; `HEAD` and `OPTIONS` say nothing of their own."""
    return "post" if "post" in item else "get"


def resolve(document: Json, node: Json) -> Json:
    """What a reference inside the document leads to."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node
