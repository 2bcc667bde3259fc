"""The contract's sentences, each under a stable id that tests and wrong backends refer to.

A sentence is in our own words; `rfc` names the section that says the same where there is one.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """One rule of the contract."""

    id: str
    text: str
    rfc: str | None = None

    @property
    def section(self) -> str:
        """The part of the contract it belongs to: the id's first word."""
        return self.id.partition(".")[0]


SENTENCES = (
    # What all backends have in common.
    Sentence("same.bytes", "Every backend gives the same status, listed fields and content."),
    Sentence("same.floats", "Predictions are the model's; floats agree within 1e-9."),
    Sentence("same.openapi", "The OpenAPI document names the contract's paths and methods."),
    Sentence("same.rfc", "Where the contract is silent, the RFCs decide.", "RFC 9110, RFC 9112"),
    # Operations
    Sentence("count.answer", "GET /api/count gives the number of requests counted so far."),
    Sentence("letter-count.code-points", "letter_count counts code points of the decoded name."),
    Sentence("letter-count.absent-name", 'An absent name is "" and counts 0.'),
    Sentence("predict.answer", "predict gives the model, one prediction and probabilities a row."),
    Sentence(
        "predict.model-version", "A model_version that is asked for answers, or is not served."
    ),
    Sentence("predict.rows", "predict takes 1 to 1,024 rows."),
    Sentence(
        "predict.regression",
        "A regression model's predictions are numbers, without probabilities.",
    ),
    Sentence("health.ok", "health answers 200 from when the model can answer."),
    Sentence("health.loading", "health answers 503 before the model can answer."),
    Sentence("health.draining", "health answers 503 again once the service is draining."),
    Sentence("openapi.document", "GET /openapi.json gives an OpenAPI 3.1 document."),
    Sentence("openapi.etag", "It has a strong ETag.", "RFC 9110 section 8.8.3"),
    Sentence(
        "openapi.not-modified",
        "If-None-Match gives 304 with the ETag and no content fields.",
        "RFC 9110 sections 13.1.2 and 15.4.5",
    ),
    Sentence("docs.page", "GET /docs gives the document as a small page of text/html."),
    Sentence("docs.offline", "The page refers to nothing outside."),
    # The counter
    Sentence("counter.counts-operations", "A request that reaches an operation is counted."),
    Sentence("counter.before-content", "It is counted before its content is looked at."),
    Sentence("counter.not-404-405", "404 and 405 are not counted."),
    Sentence("counter.not-401-429", "401 and 429 are not counted."),
    Sentence("counter.open-paths", "health, the OpenAPI document and its page never count."),
    Sentence("counter.exact", "n counted requests show n, also when they run at once."),
    Sentence("counter.distinct", "Each answer of count differs from every other."),
    Sentence("counter.rising", "A client that waits for an answer never sees a smaller one."),
    Sentence("counter.starts-at-0", "The first GET /api/count says 1."),
    Sentence("counter.worker-replaced", "A worker that dies and is replaced loses nothing."),
    Sentence(
        "counter.broken-framing",
        "Whether a request with broken framing was counted is left open: once, or not at all.",
    ),
    # The guard
    Sentence("guard.off", "Unless configured, no key is asked for."),
    Sentence(
        "guard.key", "Configured, the operations ask for a bearer key.", "RFC 6750 section 2.1"
    ),
    Sentence("guard.limit", "Configured, requests are limited per key or address."),
    Sentence("guard.open-paths", "health, document, page and OPTIONS stay open."),
    # JSON in
    Sentence("json-in.utf-8", "Content is UTF-8.", "RFC 8259 section 8.1"),
    Sentence("json-in.no-bom", "A byte order mark is refused.", "RFC 8259 section 8.1"),
    Sentence("json-in.grammar", "Nothing but RFC 8259's grammar is taken.", "RFC 8259 section 2"),
    Sentence("json-in.no-nan", "NaN and Infinity are refused.", "RFC 8259 section 6"),
    Sentence("json-in.no-comments", "Comments are refused.", "RFC 8259 section 2"),
    Sentence("json-in.no-trailing-comma", "Trailing commas are refused.", "RFC 8259 section 4"),
    Sentence("json-in.nothing-after", "Nothing may follow the value.", "RFC 8259 section 2"),
    Sentence("json-in.surrogates", "Surrogates come only in pairs.", "RFC 8259 section 8.2"),
    Sentence("json-in.finite", "Every number is finite as a 64-bit float.", "RFC 8259 section 6"),
    Sentence("json-in.depth", "Nesting goes up to 1,024 deep.", "RFC 8259 section 9"),
    Sentence("json-in.duplicates", "Of members with one name the last counts."),
    Sentence("json-in.empty", "Empty content is malformed JSON."),
    Sentence("json-in.unknown-members", "Unknown members are ignored."),
    Sentence("json-in.strict-types", "No string, boolean or null where a number is asked for."),
    # JSON out
    Sentence("json-out.unescaped", "Answers are UTF-8, escaped only where JSON asks for it."),
    Sentence("json-out.compact", "No white space between tokens, none at the end."),
    Sentence("json-out.member-order", "Members come in the contract's order."),
    Sentence("json-out.floats", "Floats have the fewest digits that read back the same."),
    Sentence("json-out.content-type", "The media type is application/json, no parameters."),
    Sentence("json-out.content-length", "Content-Length is present and exact."),
    Sentence("json-out.no-store", "count and every problem are Cache-Control: no-store."),
    # Problems
    Sentence("problem.document", "A problem has type, title, status, code, detail.", "RFC 9457"),
    Sentence("problem.media-type", "It is application/problem+json.", "RFC 9457 section 6.1"),
    Sentence("problem.404", "A path that does not exist is not_found."),
    Sentence("problem.405", "A method that a path lacks is method_not_allowed, with Allow."),
    Sentence("problem.415", "Content that is not plain JSON is unsupported_media_type."),
    Sentence("problem.413", "Content over the limit is content_too_large."),
    Sentence("problem.400", "Content that is not JSON is malformed_json."),
    Sentence("problem.422", "JSON that the operation does not take is invalid_content."),
    Sentence(
        "problem.401",
        "A missing or wrong key is unauthorized, with the challenge Bearer.",
        "RFC 9110 section 11.6.1",
    ),
    Sentence("problem.429", "A client over its limit is rate_limited, with Retry-After."),
    Sentence("problem.503-not-ready", "predict without a model is not_ready, with Retry-After."),
    Sentence("problem.503-counted", "A request refused so is counted."),
    Sentence("problem.503-overloaded", "A full queue is overloaded, with Retry-After."),
    Sentence("problem.500", "A defect is internal_error, and nothing of it is revealed."),
    Sentence("problem.500-logged", "All of a defect goes to the log."),
    Sentence("problem.500-next-served", "After a defect the next request is served."),
    Sentence("errors.order", "errors come in document order."),
    Sentence("errors.at-most-20", "At most 20 errors are listed."),
    Sentence("errors.sentences", "Each error has a pointer and one of the fixed sentences."),
    Sentence("errors.container", "A container of the wrong length gives that error alone."),
    Sentence("errors.range", "A row on which the model overflows is out of its range."),
    # Precedence
    Sentence("precedence.404-first", "404 comes before anything about content."),
    Sentence("precedence.405-before-content", "405 comes before anything about content."),
    Sentence("precedence.401-429", "401, then 429, before 415."),
    Sentence("precedence.415-before-413", "The media type comes before the length."),
    Sentence("precedence.415-before-400", "The media type comes before malformed JSON."),
    Sentence("precedence.413-before-400", "The length comes before malformed JSON."),
    Sentence("precedence.400-before-422", "Malformed JSON comes before what it means."),
    Sentence("precedence.400-before-503", "Malformed JSON comes before 503."),
    Sentence("precedence.503-before-422", "503 comes before invalid content."),
    # Paths
    Sentence("path.percent-decoded", "Paths match after percent-decoding.", "RFC 3986 section 6.2"),
    Sentence("path.exact", "Nothing is merged or stripped."),
    Sentence("path.no-trailing-slash", "A trailing slash is another path."),
    Sentence("path.case", "Case counts."),
    Sentence("path.query", "A query is ignored."),
    # Media types and content codings
    Sentence("media.case", "application/json is taken in any case.", "RFC 9110 section 8.3.1"),
    Sentence("media.charset", "The only parameter is charset=utf-8, quoted or not, any case."),
    Sentence("media.missing", "A missing media type is refused."),
    Sentence("media.coding", "Only one identity is taken as Content-Encoding."),
    # Content
    Sentence("limit.exact", "Content as long as the limit is taken, one byte more is not."),
    Sentence("limit.declared", "A declared length over the limit is refused."),
    Sentence("limit.found-while-reading", "A length found over the limit while reading, too."),
    Sentence("limit.not-in-memory", "What is over the limit is not read into memory."),
    # HTTP
    Sentence("http.head", "HEAD has GET's fields and no content.", "RFC 9110 section 9.3.2"),
    Sentence("http.head-counts", "HEAD on /api/count counts."),
    Sentence("http.options", "OPTIONS on a known path gives 204 with Allow."),
    Sentence("http.options-not-counted", "OPTIONS does not count."),
    Sentence("http.other-methods", "Other methods, and other letter case, are 405."),
    Sentence("http.allow", "Allow is GET, HEAD, OPTIONS or OPTIONS, POST."),
    Sentence("http.chunked", "Chunked content means the same.", "RFC 9112 section 7.1"),
    Sentence("http.byte-by-byte", "So does content that comes byte by byte."),
    Sentence("http.expect-continue", "So does 100-continue.", "RFC 9110 section 10.1.1"),
    Sentence("http.keep-alive", "So does a kept-alive connection.", "RFC 9112 section 9.3"),
    Sentence("http.pipelined", "So do pipelined requests.", "RFC 9112 section 9.3.2"),
    Sentence("http.http-1.0", "So does a fixed length over HTTP/1.0.", "RFC 9112 section 2.3"),
    Sentence("http.early-answers", "404, 405, 415 and a declared 413 do not wait for content."),
    Sentence("http.get-with-content", "GET with content is answered as without."),
    Sentence("http.cut-short", "Cut-off content is never taken as whole.", "RFC 9112 section 8"),
    # Malformed HTTP
    Sentence("malformed.status", "Malformed HTTP gives 2xx, 4xx, 501 or a closed connection."),
    Sentence("malformed.no-second-request", "No leftover is taken for a second request."),
    Sentence("malformed.next-served", "The next connection is served."),
    Sentence("malformed.in-time", "It is answered or closed on within 5 s."),
    Sentence(
        "malformed.parsers-out",
        "A server program that cannot keep this, as uvicorn with h11, is not among the stacks.",
        "RFC 9112 section 6.3",
    ),
    # Slow and hostile clients
    Sentence("hostile.silent", "Clients that connect and send nothing hold up no other client."),
    Sentence("hostile.slow-head", "Nor do heads that come a byte a second, or stop half-way."),
    Sentence("hostile.slow-body", "Nor does content that comes a byte a second."),
    Sentence(
        "hostile.abandoned", "Nor does content that never comes whole, its client gone or not."
    ),
    Sentence("hostile.lingering", "Nor do connections that only the service has closed."),
    Sentence("hostile.huge-fields", "Nor do header fields past the server's limits."),
    # SIGTERM
    Sentence("drain.refuses", "New connections are refused or closed unanswered."),
    Sentence("drain.answers", "What is accepted and was sent whole is answered."),
    Sentence("drain.exit", "The service then exits 0, within the grace period."),
)

SENTENCE_BY_ID = {sentence.id: sentence for sentence in SENTENCES}
