"""The OpenAPI document as the tests look at it."""

from jsonschema import Draft202012Validator

from shared import problems
from shared.content import loads
from shared.model.manifest import Feature
from shared.openapi.described_model import DescribedModel
from shared.openapi.document import build_document

LIMIT_BYTES = 1000
FEATURES = 4


def described(features, **more):
    """A model whose rows have so many numbers, or none; `more` goes for each feature."""
    if features is None:
        return None
    columns = tuple(Feature(name=f"x{number}", **more) for number in range(features))
    answer = {"model": {"name": "iris", "version": "1"}, "predictions": ["setosa"]}
    return DescribedModel(columns, ([5.1] * features, [0.2] * features), answer)


DOCUMENT = build_document(LIMIT_BYTES, described(FEATURES))
TREE = loads(DOCUMENT.content)
# Each problem but `InvalidContent`, which says more.
ALL_PROBLEMS = [
    problems.NotFound(),
    problems.MethodNotAllowed("OPTIONS, POST"),
    problems.Unauthorized(),
    problems.RateLimited(7),
    problems.UnsupportedMediaType(),
    problems.ContentTooLarge(),
    problems.MalformedJson(),
    problems.NotReady(),
    problems.Overloaded(),
    problems.InternalError(),
]


def nodes(node):
    """Every object in the document."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from nodes(inner)


def resolve(node):
    while "$ref" in node:
        target = TREE
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def validator(schema, tree=TREE):
    """Of a schema inside the document, to whose parts it may refer."""
    return Draft202012Validator({**schema, "components": tree["components"]})


def operations():
    """(path, method, operation) of each."""
    for path, item in TREE["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def responses():
    """(path, method, status, response) of each; those to all other requests have no path."""
    for path, method, operation in operations():
        for status, response in operation["responses"].items():
            yield path, method, status, resolve(response)
    for name in ("NotFound", "MethodNotAllowed"):
        response = TREE["components"]["responses"][name]
        (media,) = response["content"].values()
        (example,) = media["examples"].values()
        yield None, "get", str(example["value"]["status"]), response


def schema_of(path, status=None):
    """Of the content of a request, or of its answer with this status."""
    operation = TREE["paths"][path]["post"]
    holder = operation["responses"][status] if status else operation["requestBody"]
    (media,) = resolve(holder)["content"].values()
    return validator(media["schema"])
