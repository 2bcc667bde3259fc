"""A `curl` line that sends exactly the bytes of a request.

curl can say one whole request with printable content whose length is declared. It cannot say what
is malformed, cut off, cut into chunks in a certain way, or sent behind another request.
"""

import re
import shlex

from reports.check.results import HIDDEN
from reports.pages.repeat.target import RepeatTarget, variable

# What is longer is easier to read, and to hand on, as a script.
_LONGEST_BYTES = 3000
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HIDDEN = HIDDEN.encode()
_VALUE = rb"(?:%b|[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)" % _HIDDEN
_FIELD = re.compile(rb"(%b): (%b)\r\n" % (_TOKEN, _VALUE))
_HEAD = re.compile(
    rb"(%b) (/[\x21-\x7e]*) HTTP/1\.([01])\r\nHost: ([\x21-\x7e]+)\r\n((?:%b: %b\r\n)*)\r\n"
    % (_TOKEN, _TOKEN, _VALUE)
)


def curl_line(sent: bytes, target: RepeatTarget) -> str | None:
    """Return the line; None where curl cannot send exactly these bytes."""
    head = _HEAD.match(sent[:_LONGEST_BYTES])
    if head is None or len(sent) > _LONGEST_BYTES:
        return None
    method, path, minor, host, lines = (part.decode("utf-8") for part in head.groups())
    fields = [(n.decode(), v.decode("utf-8")) for n, v in _FIELD.findall(lines.encode())]
    content = _sayable(sent[head.end() :])
    if content is None or not _is_framed_as_curl_does(method, fields, sent[head.end() :]):
        return None
    has_length = bool(fields) and fields[-1][0] == "Content-Length"
    url = target.origin + path
    words = ["curl", "-i", f"--http1.{minor}", "--noproxy", "*", "--path-as-is"]
    words += _tls_options(target)
    if re.search(r"[][{}]", path):
        words.append("--globoff")
    if method == "HEAD":
        words.append("--head")
    elif method != ("POST" if has_length else "GET"):
        words += ["-X", method]
    if host != target.address.usual_host_field:
        words += ["-H", f"Host: {host}"]
    words += ["-H", "User-Agent:", "-H", "Accept:"]
    own = fields[:-1] if has_length else fields
    if has_length and not any(name.lower() == "content-type" for name, _ in own):
        words += ["-H", "Content-Type:"]
    quoted = [shlex.quote(word) for word in words]
    for name, value in own:
        quoted += ["-H", _quoted_field(name, value)]
    if has_length:
        quoted += ["--data-raw", shlex.quote(content)]
    return " ".join([*quoted, shlex.quote(url)])


def _sayable(content: bytes) -> str | None:
    """Return the content as text; None where a shell's line cannot hold it."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(char.isprintable() or char in "\n\t" for char in text) else None


def _is_framed_as_curl_does(method: str, fields: list[tuple[str, str]], content: bytes) -> bool:
    """One length, true, behind all other fields; or neither a length nor content."""
    names = [name.lower() for name, _ in fields]
    if {"host", "transfer-encoding", "expect"} & set(names):
        return False
    if "content-length" not in names:
        return not content
    return (
        names.count("content-length") == 1
        and fields[-1] == ("Content-Length", str(len(content)))
        and method != "HEAD"
    )


def _quoted_field(name: str, value: str) -> str:
    """A field for the shell; a hidden value comes from a variable named after the field."""
    if value == HIDDEN:
        return f'"{name}: ${variable(name)}"'
    return shlex.quote(f"{name}: {value}")


def _tls_options(target: RepeatTarget) -> list[str]:
    if target.address.scheme == "http":
        return []
    if not target.verified:
        return ["--insecure"]
    return ["--cacert", str(target.ca_file)] if target.ca_file is not None else []
