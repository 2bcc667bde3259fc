"""The OpenAPI document as one small page for people, with no reference to anything outside."""

import json
from html import escape
from typing import Any

_STYLE = """\
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:#2563eb}
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1.5rem}
h2{font-size:1.15rem;margin:2.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
code,pre{font-family:ui-monospace,monospace;font-size:.875rem}
pre{background:var(--soft);padding:.5rem .75rem;margin:.25rem 0;border-radius:.375rem;\
white-space:pre-wrap;overflow-wrap:anywhere}
.method{color:var(--accent)}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.375rem .75rem .375rem 0;\
border-top:1px solid var(--line)}
th{font-weight:600;white-space:nowrap}
"""


def build_docs(document: dict[str, Any]) -> bytes:
    """The page in UTF-8. `HEAD` and `OPTIONS` are only named, for they say nothing of their own."""
    info = document["info"]
    sections = "".join(
        _path_section(document, path, item) for path, item in document["paths"].items()
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(info['title'])}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(info['title'])}</h1>\n<p>{_text(info['summary'])}</p>\n"
        f"<p>{_text(info['description'])}</p>\n"
        f"<ul>\n{_contents(document['paths'])}</ul>\n{sections}</body>\n</html>\n"
    ).encode()


def _contents(paths: dict[str, Any]) -> str:
    return "".join(
        f'<li><a href="#{_anchor(path)}"><code>{escape(path)}</code></a>'
        f" {_text(_main_operation(item)[1]['summary'])}</li>\n"
        for path, item in paths.items()
    )


def _path_section(document: dict[str, Any], path: str, item: dict[str, Any]) -> str:
    method, operation = _main_operation(item)
    others = ", ".join(other.upper() for other in item if other != method)
    lines = [
        f'<h2 id="{_anchor(path)}"><span class="method">{method.upper()}</span> '
        f"<code>{escape(path)}</code></h2>",
        f"<p>{_text(operation['summary'])} Also: {others}.</p>",
    ]
    lines += [
        f"<p><code>{escape(parameter['name'])}</code>: {_text(parameter['description'])}</p>"
        for parameter in operation.get("parameters", ())
    ]
    if "requestBody" in operation:
        body = operation["requestBody"]
        lines += ["<h3>Request</h3>", f"<p>{_text(body['description'])}</p>", *_media(body)]
    lines += ["<h3>Answers</h3>", "<table>"]
    for status, response in operation["responses"].items():
        answer = _resolve(document, response)
        cell = "".join([_text(answer["description"]), *_fields(answer), *_media(answer)])
        lines.append(f"<tr><th>{escape(status)}</th><td>{cell}</td></tr>")
    return "\n".join([*lines, "</table>\n"])


def _main_operation(item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    method = "post" if "post" in item else "get"
    return method, item[method]


def _media(holder: dict[str, Any]) -> list[str]:
    lines = []
    for media_type, media in holder.get("content", {}).items():
        lines.append(f"<div><code>{escape(media_type)}</code></div>")
        if "example" in media:
            example = json.dumps(media["example"], ensure_ascii=False)
            lines.append(f"<pre>{escape(example, quote=False)}</pre>")
    return lines


def _fields(answer: dict[str, Any]) -> list[str]:
    names = ", ".join(f"<code>{escape(name)}</code>" for name in answer.get("headers", ()))
    return [f"<div>With {names}.</div>"] if names else []


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _text(markdown: str) -> str:
    """The document's descriptions are plain text with `code`; no more of Markdown is used."""
    parts = escape(markdown, quote=False).split("`")
    return "".join(
        f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)
    )


def _anchor(path: str) -> str:
    return escape(path.strip("/").replace("/", "-").replace(".", "-"))
