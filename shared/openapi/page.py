"""The OpenAPI document as one small page for people, with no reference to anything outside."""

from collections.abc import Iterable
from html import escape

from shared.openapi.page_parts import (
    Json,
    anchor,
    block,
    code,
    curl,
    example,
    examples,
    link,
    main_method,
    method_label,
    problems,
    resolve,
    status_cell,
    text,
)
from shared.openapi.page_style import STYLE


def build_docs(document: Json) -> bytes:
    """The page in UTF-8; its sections are in the order of the document."""
    info = document["info"]
    title = escape(info["title"])
    body = "\n".join(
        [
            f'<h1>{title}</h1>\n<p class="lead">{text(info["summary"])}</p>',
            f"<nav>\n{_contents(document['paths'])}</nav>",
            *(f"<p>{text(paragraph)}</p>" for paragraph in info["description"].split("\n\n")),
            f"<p>{text('`$URL` is where this page comes from, such as `127.0.0.1:5000`.')}</p>",
            *(_operation(document, path, item) for path, item in document["paths"].items()),
            _problems(document),
            _guard(document),
            _limits(document),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    ).encode()


def _contents(paths: Json) -> str:
    rows = [
        f"<div>{link(path, f'{method_label(method)} {code(path)}')}"
        f' <span class="dim">{text(item[method]["summary"])}</span></div>\n'
        for path, item in paths.items()
        for method in [main_method(item)]
    ]
    sections = " · ".join(link(name.lower(), name) for name in ("Problems", "Guard", "Limits"))
    return f"{''.join(rows)}<div>{sections}</div>\n"


def _operation(document: Json, path: str, item: Json) -> str:
    method = main_method(item)
    operation = item[method]
    others = ", ".join(other.upper() for other in item if other != method)
    guard = f" Under the {link('guard', 'guard')}." if operation.get("security") else ""
    lines = [
        f'<h2 id="{anchor(path)}">{method_label(method)} {code(path)}</h2>',
        f'<p>{text(operation["summary"])} <span class="dim">Also {others}.{guard}</span></p>',
        block(curl(path, operation)),
    ]
    lines += [
        f"<p>{code(parameter['name'])}: {text(parameter['description'])}</p>"
        for parameter in operation.get("parameters", ())
    ]
    if body := operation.get("requestBody"):
        lines += [f"<h3>Request</h3>\n<p>{text(body['description'])}</p>", *examples(body)]
    lines.append("<h3>Answers</h3>\n<table>")
    for status, response in operation["responses"].items():
        lines.append(f"<tr>{status_cell(status)}<td>{_answer(document, response)}</td></tr>")
    return "\n".join([*lines, "</table>"])


def _answer(document: Json, response: Json) -> str:
    """What an answer means, and how it looks where that is this operation's own."""
    answer = resolve(document, response)
    codes = ", ".join(link(problem["code"], code(problem["code"])) for problem in problems(answer))
    parts = [f"{codes}: " if codes else "", text(answer["description"])]
    if "$ref" not in response:
        parts.append(_fields(answer.get("headers", ())))
        parts += examples(answer)
    return "".join(parts)


def _problems(document: Json) -> str:
    """Each problem once, by status."""
    found: dict[str, tuple[Json, Json]] = {}
    for response in _refusals(document):
        for problem in problems(response):
            found.setdefault(problem["code"], (problem, response))
    common = set.intersection(*(set(response["headers"]) for _, response in found.values()))
    rows = "\n".join(
        f'<tr id="{anchor(name)}">{status_cell(str(problem["status"]))}<td>{code(name)}</td>'
        f"<td>{text(response['description'])}{_fields(set(response['headers']) - common)}"
        f'<br><span class="dim">“{text(problem["detail"])}”</span></td></tr>'
        for name, (problem, response) in sorted(
            found.items(), key=lambda item: item[1][0]["status"]
        )
    )
    shown, _ = next(iter(found.values()))
    return (
        '<h2 id="problems">Problems</h2>\n<p>Every refusal is '
        f"{code('application/problem+json')} (RFC 9457), with one fixed sentence for each code; "
        f"{code('invalid_content')} also lists what is wrong and where.{_fields(common)}</p>\n"
        f'{example(shown)}\n<table class="wide">\n{rows}\n</table>'
    )


def _fields(names: Iterable[str]) -> str:
    """Which header fields an answer has, where it has any."""
    fields = ", ".join(map(code, sorted(names)))
    return f' <span class="dim">With {fields}.</span>' if fields else ""


def _refusals(document: Json) -> list[Json]:
    """All answers that tell of problems; first those that several operations share."""
    own = [
        response
        for item in document["paths"].values()
        for response in item[main_method(item)]["responses"].values()
        if any(problems(response))
    ]
    return [*document["components"]["responses"].values(), *own]


def _guard(document: Json) -> str:
    schemes = document["components"]["securitySchemes"].values()
    told = " ".join(text(scheme["description"]) for scheme in schemes)
    path, operation = next(
        (path, item[main_method(item)])
        for path, item in document["paths"].items()
        if item[main_method(item)].get("security")
    )
    line = f'{curl(path, operation)} -H "Authorization: Bearer $KEY"'
    return f'<h2 id="guard">Guard</h2>\n<p>{told}</p>\n{block(line)}'


def _limits(document: Json) -> str:
    schemas = document["components"]["schemas"]
    rows = schemas["PredictRequest"]["properties"]["instances"]
    errors = schemas["InvalidInstances"]["properties"]["errors"]
    paths = document["paths"].values()
    bodies = [item[main_method(item)].get("requestBody", {}) for item in paths]
    (limit_bytes,) = {body["x-content-limit-bytes"] for body in bodies if body}
    limits = [
        ("Content of a request", f"{limit_bytes:,} bytes"),
        ("Rows in a request", f"{rows['minItems']} to {rows['maxItems']:,}"),
        ("Numbers in a row", rows["items"].get("minItems", "as the model has features")),
        ("Errors listed in an answer", errors["maxItems"]),
    ]
    cells = "\n".join(f"<tr><th>{name}</th><td>{limit}</td></tr>" for name, limit in limits)
    return f'<h2 id="limits">Limits</h2>\n<table>\n{cells}\n</table>'
