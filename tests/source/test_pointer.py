"""Pointers, locations, sources and single documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.source.document import UNKNOWN, Document, Node, Target, Unresolved
from archlint.source.location import Location, Region
from archlint.source.parse import parse
from archlint.source.pointer import format_pointer, lookup, parse_pointer
from archlint.source.scalars import key_text, resolve_plain
from archlint.source.source import Source, line_starts, split_lines


@given(st.lists(st.text(), max_size=5))
def test_pointers_survive_being_written(keys: list[str]) -> None:
    assert parse_pointer(format_pointer(tuple(keys))) == tuple(keys)


def test_pointers_start_with_a_slash() -> None:
    with pytest.raises(ValueError, match="starts with"):
        parse_pointer("a/b")


def test_lookup_types_indices() -> None:
    data = {"a": [{"0": 1}, 2]}
    assert lookup(data, ("a", "0", "0")) == (("a", 0, "0"), 1)
    assert lookup(data, ()) == ((), data)


@pytest.mark.parametrize(
    "keys",
    [
        ("b",),
        ("a", "2"),
        ("a", "-1"),
        ("a", "-"),
        ("a", "01"),
        ("a", "\u0660"),
        ("a", "9" * 5000),
        ("a", "1", "x"),
    ],
)
def test_lookup_names_the_key_that_leads_nowhere(keys: tuple[str, ...]) -> None:
    with pytest.raises(KeyError) as caught:
        lookup({"a": [{"0": 1}, 2]}, keys)
    assert caught.value.args[0] == keys[-1]


def test_locations_are_shown_with_the_best_place_known() -> None:
    assert str(Location("a.yaml", ("x/y", 0))) == "a.yaml#/x~1y/0"
    assert str(Location("a.yaml", region=Region.point(3, 4))) == "a.yaml:3:4"


def test_sources_split_lines_as_editors_do() -> None:
    source = Source("b/a.yaml", "a\r\nb\rc\u2028d\x0ce\n".encode())
    assert source.lines == ["a", "b", "c\u2028d\x0ce", ""]
    assert source.name == "a.yaml"
    assert Source("a", b"\xff\xfea\x00").encoding == "utf-16"
    assert Source("a", b"\xff").lines == ["\ufffd"]


def document(text: str) -> Document:
    return parse(Source("a.yaml", text.encode())).documents[0]


def test_documents_resolve_their_own_references_without_a_workspace() -> None:
    one = document("a: {b/c: [1]}")
    assert one.resolve("#/a/b~1c/0") == Target(one, ("a", "b/c", 0), 1)
    assert isinstance(one.resolve("#/x"), Unresolved)
    assert isinstance(one.resolve("b.yaml"), Unresolved)
    assert "a.yaml#0" in repr(one)


def test_nodes_read_leniently() -> None:
    one = document("a: {b: [1, {c: d}], e: 1}")
    node = Node(one, ("a",), one.data["a"])
    assert node.get("b", 1, "c") == "d"
    assert node.get("b", "x", default=3) == 3
    assert node.mapping("b") == {}
    assert node.items("b") == [1, {"c": "d"}]
    assert node.mapping("b", 1) == {"c": "d"}
    assert node.items("e") == []
    assert node == Node(one, ("a",), None)
    assert len({node, Node(one, ("a",), None), Node(one, (), None)}) == 2
    assert node.at("b", on_key=True).on_key
    assert not UNKNOWN
    assert repr(UNKNOWN) == "UNKNOWN"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("TRUE", True),
        ("False", False),
        ("0o10", 8),
        ("0xfF", 255),
        ("-0", 0),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("-.INF", float("-inf")),
        ("0b1", "0b1"),
        ("1_0", "1_0"),
        ("+.", "+."),
        (".", "."),
        ("-", "-"),
        ("0x", "0x"),
        ("1:30", "1:30"),
    ],
)
def test_plain_scalars(text: str, value: object) -> None:
    assert resolve_plain(text) == value
    assert type(resolve_plain(text)) is type(value)


def test_keys_as_text() -> None:
    assert [key_text(key) for key in ("a", None, True, False, 200, 1.5, ["x"])] == [
        "a",
        "null",
        "true",
        "false",
        "200",
        "1.5",
        '["x"]',
    ]


@given(st.text(alphabet="a\r\n\u2028"))
def test_line_starts_agree_with_lines(text: str) -> None:
    starts = line_starts(text)
    lines = split_lines(text)
    assert len(starts) == len(lines)
    assert all(text.startswith(line, start) for start, line in zip(starts, lines, strict=True))
