"""Wrong in which paths there are, and in which answer comes before the path's."""

import posixpath
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

from contract_tests.backends.wsgi_call import Environ
from contract_tests.contract.expected import LIMIT_BYTES
from contract_tests.http.messages import Answer
from tests.contract_tests.wrong_backends.mutation import (
    Mutation,
    Serve,
    instead,
    is_operation,
    method_of,
    on_answer,
    on_request,
    path_of,
    read,
    refusal,
    refusing,
    saying,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong

KNOWN = ("/api/count", "/api/letter_count", "/api/predict", "/api/health", "/docs")
USUAL = {"GET", "HEAD", "OPTIONS", "POST"}


def changing_path(change: Callable[[str], str]) -> Mutation:
    """Paths are changed before they are looked up."""
    return on_request(
        lambda _: True, lambda environ: {**environ, "PATH_INFO": change(path_of(environ))}
    )


def undecoded(environ: Environ) -> Environ:
    return {**environ, "PATH_INFO": environ["RAW_URI"].partition("?")[0]}


def normal(path: str) -> str:
    """Without `.` and `..`; a slash at the end stays, and so do two at the start."""
    return posixpath.normpath(path) + "/" * (path.endswith("/") and path != "/")


def first_with(matches: Callable[[str, str], bool]) -> Callable[[str], str]:
    """The first known path that matches, as a router finds it whose patterns are not anchored."""
    return lambda path: next((known for known in KNOWN if matches(known, path)), path)


def without_accents(path: str) -> str:
    """Letters without what stands above them; what is no UTF-8 stays."""
    try:
        letters = path.encode("latin-1").decode()
    except UnicodeDecodeError:
        return path
    return unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()


def has_empty_query(environ: Environ) -> bool:
    return str(environ["RAW_URI"]).endswith("?")


def length_first(environ: Environ, serve: Serve) -> Answer:
    too_long = int(environ.get("CONTENT_LENGTH") or 0) > LIMIT_BYTES
    return refusal(413) if too_long else serve(environ)


def parse_first(environ: Environ, serve: Serve) -> Answer:
    """Content that is not JSON is refused, wherever it is sent to."""
    if method_of(environ) != "POST":
        return serve(environ)
    content, asked = read(environ)
    return refusal(400) if content == b"{" else serve(asked)


PATHS_WRONG = (
    wrong("decodes-no-paths", "path.percent-decoded", on_request(lambda _: True, undecoded)),
    wrong("merges-slashes", "path.exact", changing_path(lambda p: p.replace("//", "/"))),
    wrong(
        "strips-a-trailing-slash",
        "path.no-trailing-slash",
        changing_path(lambda p: p.rstrip("/")),
    ),
    wrong("ignores-case-in-paths", "path.case", changing_path(str.lower)),
    wrong("resolves-dots", "path.exact", changing_path(normal)),
    wrong("strips-white-space", "path.exact", changing_path(str.strip)),
    wrong("ends-paths-at-nul", "path.exact", changing_path(lambda p: p.partition("\0")[0])),
    wrong("drops-parameters", "path.exact", changing_path(lambda p: p.partition(";")[0])),
    wrong("decodes-before-the-query", "path.exact", changing_path(lambda p: p.partition("?")[0])),
    wrong("decodes-twice", "path.exact", changing_path(unquote)),
    wrong(
        "drops-what-is-not-ascii",
        "path.exact",
        changing_path(lambda p: p.encode("ascii", "ignore").decode()),
    ),
    wrong(
        "takes-longer-paths",
        "path.exact",
        changing_path(first_with(lambda known, path: path.startswith(f"{known}/"))),
    ),
    wrong(
        "completes-paths",
        "path.exact",
        changing_path(first_with(lambda known, path: len(path) > 1 and known.startswith(path))),
    ),
    wrong(
        "takes-suffixes",
        "path.exact",
        changing_path(lambda p: p.removesuffix(".json") if p.startswith("/api/") else p),
    ),
    wrong(
        "has-a-second-page",
        "path.exact",
        on_request(lambda e: path_of(e) == "/redoc", instead(PATH_INFO="/docs")),
    ),
    wrong(
        "has-an-index",
        "path.exact",
        on_request(lambda e: path_of(e) in {"", "*", "/"}, instead(PATH_INFO="/docs")),
    ),
    wrong("adds-a-slash", "path.exact", changing_path(lambda p: "/" + p.removeprefix("/"))),
    wrong("knows-no-accents", "path.exact", changing_path(without_accents)),
    wrong(
        "has-static-files",
        "path.exact",
        on_answer(
            lambda e, _: path_of(e).startswith("/static/"),
            lambda a: saying(b"<h1>Not Found</h1>", a),
        ),
    ),
    wrong(
        "refuses-queries",
        "path.query",
        on_answer(lambda e, _: bool(e["QUERY_STRING"]), refusing(404)),
    ),
    wrong(
        "refuses-an-empty-query",
        "path.query",
        on_answer(lambda e, _: has_empty_query(e), refusing(404)),
    ),
    wrong(
        "looks-at-methods-first",
        "precedence.404-first",
        on_answer(lambda e, a: a.status == 404 and method_of(e) not in USUAL, refusing(405)),
    ),
    wrong(
        "looks-at-length-first",
        "precedence.404-first precedence.405-before-content",
        length_first,
    ),
    wrong("parses-first", "precedence.404-first precedence.405-before-content", parse_first),
    wrong(
        "knows-no-head", "http.head", on_answer(lambda e, _: method_of(e) == "HEAD", refusing(405))
    ),
    wrong(
        "finds-no-other-method",
        "http.other-methods",
        on_answer(lambda e, a: a.status == 405 and not is_operation(e, "count"), refusing(404)),
    ),
)
