"""Header fields for `--header`, given as they are, in a file, or on standard input."""

import io

import pytest

from contract_tests.http.field_lines import field_lines


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ([], []),
        (["A: 1", "B: @2"], ["A: 1", "B: @2"]),
        (["@-", "A: 1"], ["X: from stdin", "A: 1"]),
        (["@{file}"], ["K: Zo\xeb", "L: 2"]),
    ],
)
def test_a_field_is_taken_from_where_it_stands(tmp_path, given, lines):
    file = tmp_path / "fields"
    file.write_bytes(b"K: Zo\xeb\r\n\n  L: 2  \n")
    found = field_lines([one.format(file=file) for one in given], io.StringIO("X: from stdin\n"))
    assert found == lines


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(OSError, match="missing"):
        field_lines([f"@{tmp_path}/missing"], io.StringIO())
