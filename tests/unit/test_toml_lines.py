"""On which line of a TOML document something stands."""

import tomllib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.toml_lines import TomlLines

DOCUMENT = '''\
# [[project]] in a comment
top = "[[project]]"
[[project]]
name = "a" # a comment with ] and "
also = [ # [
  "]", # "
  '[[project]]',
]
"quoted-key" = { x = [1, 2] }
text = """
[[project]]
name = "no" \\""" ] """""
raw = \'\'\'
[[project]] \\
\'\'\'\'
a.b = 1
a.c = 2
[project.sub]
name = "not of the project"
[[project]]


  name = "b"
[other]
name = "c"
[[check]]
name = "d"
'''


def lines_of(text: str) -> TomlLines:
    """The lines of a valid document."""
    return TomlLines(text, tomllib.loads(text))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("array", "index", "key", "expected"),
    [
        ("project", 0, "name", 4),
        ("project", 0, "also", 5),
        ("project", 0, "quoted-key", 9),
        ("project", 0, "text", 10),
        ("project", 0, "raw", 13),
        ("project", 0, "a", 16),
        ("project", 0, "sub", 18),
        ("project", 1, "name", 23),
        ("project", 1, "missing", 20),
        ("check", 0, "name", 27),
    ],
)
def test_keys_are_found_among_all_that_looks_like_them(
    newline: str, array: str, index: int, key: str, expected: int
) -> None:
    """Strings, comments, arrays and other tables do not mislead; a missing key is where its table is."""
    text = DOCUMENT.replace("\n", newline)
    assert lines_of(text).of_key_in(array, index, key) == expected


def test_the_top_has_keys_and_headers() -> None:
    """A table is at its first header."""
    lines = lines_of(DOCUMENT)
    places = {key: lines.of_key(key) for key in ("top", "project", "other", "check", "none")}
    assert places == {"top": 2, "project": 3, "other": 24, "check": 26, "none": None}


def test_tables_of_one_statement_are_where_it_begins() -> None:
    """An array written inline has no lines of its own to tell apart."""
    lines = lines_of('x = 1\nproject = [\n  {name = "a"},\n  {name = "b"},\n]\n')
    assert (lines.of_table("project", 1), lines.of_key_in("project", 1, "name")) == (2, 2)


def test_where_scanner_and_parser_disagree_no_line_is_given() -> None:
    """A wrong line is worse than none."""
    lines = TomlLines("[[project]]\nname = 'a'\n", {"project": [{"name": "a"}, {"name": "b"}]})
    assert (lines.of_key("project"), lines.of_table("project", 0)) == (None, None)
    lines = TomlLines("[[project]]\nname = 'a'\n", {"project": [{"nom": "a"}]})
    assert lines.of_key_in("project", 0, "name") is None


@dataclass(frozen=True)
class Written:
    """A value as it may be written, on one line or several."""

    text: str


VALUES = st.one_of(
    st.text("ab[]{}#\"'=\n", max_size=8).map(lambda text: Written(basic(text))),
    st.text('ab[]{}#"=\n', max_size=8).map(lambda text: Written(f"'''{text}'''")),
    st.text("ab[]{}#\"'=\n", max_size=8).map(lambda text: Written(multi_line(text))),
    st.lists(st.text('a[]#"', max_size=4), max_size=3).map(
        lambda texts: Written("[ # [ it's\n" + "".join(f"  {basic(text)}, # ]\n" for text in texts) + "]")
    ),
    st.sampled_from([Written("1"), Written("true"), Written('{ a = "}", b = [1] }'), Written("[[1], [2]]")]),
)
TABLES = st.lists(st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4), max_size=4)


def basic(text: str) -> str:
    """A basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def multi_line(text: str) -> str:
    """A multi-line basic string, with single quotes and line breaks as they are."""
    return '"""\n' + text.replace("\\", "\\\\").replace('"', '\\"') + '"""'


@given(tables=TABLES, gap=st.sampled_from(["", "\n", "# [[project]]\n", "  \n"]))
def test_every_key_of_every_document_is_found(tables: list[dict[str, Written]], gap: str) -> None:
    """Documents are written with their lines counted, whatever their values look like."""
    text, expected = "", {}
    for index, table in enumerate(tables):
        text += f"{gap}[[project]]\n"
        for key, value in table.items():
            text += gap
            expected[index, key] = text.count("\n") + 1
            text += f"{key} = {value.text}\n"
    lines = lines_of(text)
    assert {place: lines.of_key_in("project", *place) for place in expected} == expected
