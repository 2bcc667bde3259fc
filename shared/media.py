"""Whether a request's content is said to be JSON in UTF-8, uncoded (RFC 9110 section 8.3)."""

import re
from collections.abc import Sequence

from shared.contract import JSON_TYPE
from shared.problems import UnsupportedMediaType

_BLANKS = " \t"
# A parameter's value is a token or a quoted string, in which a backslash may stand before any
# character (RFC 9110 sections 5.6.4 and 5.6.6).
_UTF_8 = re.compile(r'charset=(?:utf-8|"\\?u\\?t\\?f\\?-\\?8")')


def require_json(content_types: Sequence[str], content_encodings: Sequence[str]) -> None:
    """Raises `UnsupportedMediaType` unless the content is plain `application/json`.

    content_types, content_encodings : the raw values of all fields named `Content-Type` and
        `Content-Encoding`, one item a field; empty where the field is missing.
    """
    if len(content_types) != 1 or not (
        content_types[0] == JSON_TYPE or _is_json(content_types[0].lower())
    ):
        raise UnsupportedMediaType
    if content_encodings and (
        len(content_encodings) != 1 or content_encodings[0].strip(_BLANKS).lower() != "identity"
    ):
        raise UnsupportedMediaType


def _is_json(content_type: str) -> bool:
    """Whether a media type in lower case is JSON; its only parameter may be UTF-8 as charset."""
    media_type, *parameters = (part.strip(_BLANKS) for part in content_type.split(";"))
    # Empty parameters, as in `application/json;`, are allowed and mean nothing (section 5.6.6).
    named = [parameter for parameter in parameters if parameter]
    return media_type == JSON_TYPE and (
        not named or (len(named) == 1 and _UTF_8.fullmatch(named[0]) is not None)
    )
