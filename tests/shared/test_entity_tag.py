"""The document's entity tag, and the conditions under which it is not sent again."""

import pytest

from shared.openapi.document import build_document
from tests.shared.openapi_tree import described

FOUR, FIVE = described(4), described(5)
DOCUMENT = build_document(1000, FOUR)
TAG = DOCUMENT.etag


def test_the_entity_tag_changes_with_the_document():
    tags = {
        build_document(*made).etag
        for made in [(1000, FOUR), (1001, FOUR), (1000, FIVE), (1000, None)]
    }
    assert len(tags) == 4
    build_document.cache_clear()
    assert build_document(1000, FOUR).etag == TAG


@pytest.mark.parametrize(
    "if_none_match",
    [
        TAG,
        f"W/{TAG}",
        "*",
        " * ",
        f' "other" , {TAG} ',
        f'"other",W/{TAG}',
        f'W/"a,b", {TAG}',
        f",, {TAG},",
        f'"", {TAG}',
    ],
)
def test_a_known_document_is_not_modified(if_none_match):
    assert DOCUMENT.matches(if_none_match)


@pytest.mark.parametrize(
    "if_none_match",
    [
        None,
        "",
        '"other"',
        '"*"',
        "*, *",
        TAG.strip('"'),
        TAG[:-1],
        TAG.upper(),
        f'"{TAG.strip(chr(34))}x"',
        '"' + "x" * 100_000,
    ],
)
def test_another_tag_gets_the_document(if_none_match):
    assert not DOCUMENT.matches(if_none_match)
