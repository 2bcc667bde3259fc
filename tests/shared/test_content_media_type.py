"""Which media types count as plain JSON."""

from email.message import Message

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.content import require_json
from shared.problems import UnsupportedMediaType

ACCEPTED = [
    "application/json",
    "Application/JSON",
    " application/json\t",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    "application/json ; Charset=utf-8",
    'application/json; charset="utf-8"',
    'application/json; charset="Utf\\-8"',
    "application/json;",
    "application/json; ;charset=utf-8;",
]
REFUSED = [
    "",
    "text/plain",
    "application/jsonp",
    "application/problem+json",
    "application/json charset=utf-8",
    "application/json; charset=utf8",
    "application/json; charset=utf-16",
    "application/json; charset='utf-8'",
    "application/json; charset =utf-8",
    "application/json; charset=",
    'application/json; charset="utf-8',
    "application/json; charset=utf-8; charset=utf-8",
    "application/json; charset=utf-8; q=1",
    "application/json; version=1",
    "application/json, application/json",
    "application/json, text/plain",
    "application / json",
    "*/*",
]


@pytest.mark.parametrize("content_type", ACCEPTED)
def test_json_types_are_accepted(content_type):
    require_json([content_type], [])


@pytest.mark.parametrize("content_type", REFUSED)
def test_other_types_are_refused(content_type):
    with pytest.raises(UnsupportedMediaType):
        require_json([content_type], [])


@pytest.mark.parametrize(
    "content_types", [[], ["application/json"] * 2, ["application/json", "text/plain"]]
)
def test_there_is_exactly_one_type(content_types):
    with pytest.raises(UnsupportedMediaType):
        require_json(content_types, [])


@pytest.mark.parametrize("content_encodings", [[], ["identity"], ["Identity"], [" identity "]])
def test_uncoded_content_is_accepted(content_encodings):
    require_json(["application/json"], content_encodings)


@pytest.mark.parametrize(
    "content_encodings",
    [["gzip"], ["identity, identity"], ["identity", "identity"], ["identity", "gzip"], [""]],
)
def test_coded_content_is_refused(content_encodings):
    with pytest.raises(UnsupportedMediaType):
        require_json(["application/json"], content_encodings)


@given(
    st.lists(
        st.sampled_from(
            ["application/json", "text/json", ";", " ", "charset", "=", '"', "utf-8", "UTF-8", ","]
        ),
        max_size=9,
    ).map("".join)
)
@example("application/json;charset=UTF-8")
def test_what_is_accepted_is_json_to_another_parser_too(content_type):
    """The standard library's parser of media types is the oracle for what we let through."""
    try:
        require_json([content_type], [])
    except UnsupportedMediaType:
        return
    message = Message()
    message["Content-Type"] = content_type.strip()
    assert message.get_content_type() == "application/json"
    assert message.get_content_charset("utf-8") == "utf-8"
