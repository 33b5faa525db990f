"""What texts mean: JSON, YAML 1.2, streams, encodings, and what is said of broken ones."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.source.parse import Parsed, looks_templated, parse
from archlint.source.source import Source

SHARED = Path(__file__).parents[2].parent / "shared"


def read(text: str | bytes, name: str = "a.yaml") -> Parsed:
    return parse(Source(name, text.encode() if isinstance(text, str) else text))


def data(text: str | bytes, name: str = "a.yaml") -> list[object]:
    parsed = read(text, name)
    assert parsed.faults == ()
    return [document.data for document in parsed.documents]


def faults(text: str | bytes, name: str = "a.yaml") -> list[tuple[str, int, int]]:
    return [
        (fault.message, fault.region.start_line, fault.region.start_column)
        for fault in read(text, name).faults
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "a: yes\nb: off\nc: 2001-01-01\nd: 1_000",
            {"a": "yes", "b": "off", "c": "2001-01-01", "d": "1_000"},
        ),
        ("a: 0o17\nb: 017\nc: 0x1F\nd: +12\ne: .5", {"a": 15, "b": "017", "c": 31, "d": 12, "e": 0.5}),
        ("a: True\nb: ~\nc:\nd: NULL", {"a": True, "b": None, "c": None, "d": None}),
        ("200: ok\ntrue: x\nnull: y\n1.5: z", {"200": "ok", "true": "x", "null": "y", "1.5": "z"}),
        ("? [a, 1]\n: 1", {'["a", 1]': 1}),
        ("a: !Ref x\nb: !GetAtt [c, d]\ne: !!str 12", {"a": "x", "b": ["c", "d"], "e": "12"}),
        ("base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3", {"base": {"x": 1, "y": 2}, "d": {"x": 1, "y": 3}}),
        ("a: {{ .Values.x }}\nb: [{{ y }}, 1]", {"a": "{{ .Values.x }}", "b": ["{{ y }}", 1]}),
        ("%YAML 1.1\n---\na: yes", {"a": "yes"}),
        ("a:\n  b: [\n  1\n]", {"a": {"b": [1]}}),
        ("a:\n- {x: 1,\n  y: 2\n}\n", {"a": [{"x": 1, "y": 2}]}),
        ('a: "x\u2028y\x85z"', {"a": "x\u2028y\x85z"}),
    ],
)
def test_yaml_says_what_version_1_2_says(text: str, value: object) -> None:
    assert data(text) == [value]


@pytest.mark.parametrize(
    "raw",
    [
        "ä: 1\n".encode("utf-8-sig"),
        "ä: 1\n".encode("utf-16"),
        "ä: 1\n".encode("utf-32"),
        b"\xfe\xff" + "ä: 1\n".encode("utf-16-be"),
        "ä: 1\r\n".encode(),
        "ä: 1\r".encode(),
        '{"ä": 1}'.encode("utf-8-sig"),
    ],
)
def test_encodings_and_line_ends_make_no_difference(raw: bytes) -> None:
    assert data(raw) == [{"ä": 1}]


@pytest.mark.parametrize("text", ["", "  \n", "# nothing\n", "...\n", "\ufeff"])
def test_an_empty_text_holds_no_document(text: str) -> None:
    assert read(text) == Parsed(())


def test_streams_hold_several_documents() -> None:
    assert data("a: 1\n---\nb: 2\n...\n---\n") == [{"a": 1}, {"b": 2}, None]


def test_a_broken_document_does_not_hide_its_neighbours() -> None:
    parsed = read("a: 1\r\n---\r\nb: [\r\n---\r\nc: 3\r\n")
    assert [(document.index, document.data) for document in parsed.documents] == [
        (0, {"a": 1}),
        (2, {"c": 3}),
    ]
    assert faults("a: 1\r\n---\r\nb: [\r\n---\r\nc: 3\r\n") == [("this bracket is never closed", 3, 4)]
    place = parsed.documents[1].locator.locate([(("c",), True)])[("c",), True]
    assert (place.start_line, place.start_column, place.end_line, place.end_column) == (5, 1, 5, 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb:\n  c: 2\n  d: 3\n  c: 4\n", ("the key `c` stands twice in this mapping", 5, 3)),
        ("200: a\n'200': b\n", ("the key `200` stands twice in this mapping", 2, 1)),
        ('{"a": {"b": 1, "b": 2}}', ("the key `b` stands twice in this mapping", 1, 16)),
        ("a: *b\n", ("there is no anchor `b` above", 1, 4)),
        ("a: b: c\n", ("a block collection cannot be a mapping key", 1, 5)),
        ("é😀: @x\n", ("`@` is a reserved indicator and cannot start a plain scalar", 1, 5)),
        ("a: `x`\n", ("a backtick is a reserved indicator and cannot start a plain scalar", 1, 4)),
        ('a: "b\n', ("unterminated double-quoted scalar", 1, 4)),
        ("a: {b: [1, 2}\n", ("mismatched flow collection: `}` cannot close a `[`", 1, 13)),
        ("a:\n  - b\nc: {\n", ("this bracket is never closed", 3, 4)),
        ("a: \x00\n", ("disallowed control character U+0000", 1, 4)),
        (b"x: 1\r\nab: \xff\n", ("byte 0xFF is not UTF-8", 2, 5)),
        (b"\xff\xfea\x00:\x00 \x00\x00\xd8 \x00", ("byte 0x00 is not UTF-16", 1, 4)),
        ("[" * 100_000, ("maximum nesting depth (1000) exceeded", 1, 1001)),
        ("- " * 100_000 + "x", ("maximum nesting depth (1000) exceeded", 1, 2001)),
    ],
)
def test_faults_have_a_place(text: str | bytes, fault: tuple[str, int, int]) -> None:
    assert faults(text) == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a": 1,}', ("a comma before the closing bracket", 1, 8)),
        ('{\n  "ä": tru\n}', ("there is no value here", 2, 8)),
        ('{"a": 1', ("the text ends before its last value is complete", 1, 8)),
        ('{"a": 1} {"b": 2}', ("there is more text after the value", 1, 10)),
        ('{"a": NaN}', ("there is no such value in JSON", 1, 7)),
        ("[1,\n 2,\n]\n", ("a comma before the closing bracket", 2, 3)),
        ('{\n  // a comment\n  "a": 1}', ("JSON has no comments", 2, 3)),
        ('{"a" 1}', ("there is no `:` after the key", 1, 6)),
        ('["a" "b"]', ("there is no `,` after the value", 1, 6)),
        ('["\\ud800"]', ("`\\ud800` is half of a character", 1, 3)),
        ("{a: 1}", ("the key of an object is not a string in double quotes", 1, 2)),
    ],
)
def test_a_json_file_is_held_to_json(text: str, fault: tuple[str, int, int]) -> None:
    assert faults(text, "a.json") == [fault]


def test_json_that_yaml_can_read_is_still_checked() -> None:
    assert read('{"a": 1,}', "a.json").documents[0].data == {"a": 1}
    assert data('{"a": 1,}', "a.yaml") == [{"a": 1}]


def test_every_repeated_key_is_a_fault_and_the_last_value_counts() -> None:
    parsed = read("a: 1\na: 2\na: 3\n---\nb: {c: 1, c: 2}\n")
    assert [document.data for document in parsed.documents] == [{"a": 3}, {"b": {"c": 2}}]
    assert [fault.region.start_line for fault in parsed.faults] == [2, 3, 5]
    assert read('{"k": ":", "a": "\\":", "b" : 1}').faults == ()


def test_alias_bombs_are_refused_quickly() -> None:
    start = time.process_time()
    bomb = "a: &a [x]\n" + "".join(
        f"{chr(98 + level)}: &{chr(98 + level)} [{','.join([f'*{chr(97 + level)}'] * 9)}]\n"
        for level in range(11)
    )
    assert [message for message, _, _ in faults(bomb)] == [
        "document expands to too many nodes (possible alias bomb)"
    ]
    closing = bomb + "z: [\n]\n"
    assert len(faults(closing)) == 1
    assert time.process_time() - start < 10


def test_many_broken_documents_cost_linear_time() -> None:
    start = time.process_time()
    parsed = read("--- [\n" * 3_000 + "--- a\n" * 3_000)
    assert len(parsed.documents) == 3_000
    assert time.process_time() - start < 10


def test_templates_are_recognised() -> None:
    assert looks_templated(b"{{- if .Values.x }}\na: b\n{{- end }}\n")
    assert looks_templated(b"{% if x %}")
    assert not looks_templated(b'{"a": {"b": {}}}')


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=st.lists(json_values, max_size=3) | st.dictionaries(st.text(), json_values, max_size=3))
def test_json_means_the_same_in_any_spacing(value: object) -> None:
    assert data(json.dumps(value)) == [value]
    assert data(json.dumps(value, indent=2, ensure_ascii=False), "a.json") == [value]


FORBIDDEN = re.compile(r"\b(should|must|please|invalid|illegal|bad|wrong)\b", re.IGNORECASE)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"ab:-?,[]{}&*!|>'\"%@`#~ \n\t\\x0<.", "---", "\r\n", "é", "\x00", "{{ x }}"]),
        max_size=30,
    ).map("".join)
)
def test_any_text_is_data_or_faults_in_our_style(text: str) -> None:
    for name in ("a.yaml", "a.json"):
        parsed = read(text, name)
        lines = re.split(r"\r\n|\r|\n", text)
        for fault in parsed.faults:
            message, region = fault.message, fault.region
            assert not FORBIDDEN.search(message), message
            assert len(message) <= 120
            assert not message.endswith(".")
            assert not re.match(r"[A-Z][a-z ]", message), message
            assert 1 <= region.start_line <= len(lines), (message, region)
            assert 1 <= region.start_column <= len(lines[region.start_line - 1]) + 1, (message, region)
        for document in parsed.documents:
            json.dumps(document.data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_survived(raw: bytes) -> None:
    parse(Source("a.yaml", raw))
    parse(Source("a.json", b"{" + raw))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the corpus is not beside the project")
def test_broken_files_of_the_corpus_are_survived() -> None:
    for path in sorted((SHARED / "corpus" / "invalid").rglob("*")):
        if path.is_file() and path.suffix in {".json", ".yaml", ".yml"}:
            for fault in parse(Source(path.name, path.read_bytes())).faults:
                assert not FORBIDDEN.search(fault.message), (path, fault.message)
