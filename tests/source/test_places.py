"""A node stands where its region says, in YAML and in JSON."""

import json
import random
import re
import time
from typing import Any

import pytest
import yamlrocks
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml_texts import CORPUS, cut, flow, nodes, plain, sample, shown, values

from archlint.source.json_places import locate_in_json
from archlint.source.location import Region
from archlint.source.parse import parse
from archlint.source.pointer import Pointer
from archlint.source.source import Source, split_lines
from archlint.source.yaml_places import locate_in_yaml


def at(text: str, *pointer: str | int, on_key: bool = False, index: int = 0) -> str:
    return cut(text, locate_in_yaml(text, index, [(pointer, on_key)])[pointer, on_key])


BLOCK = """\
é: 1
"k k":   'v'  # comment
200: x
😀a: {b: [1, 2 ],"c": "d"}
blk:
  x: |
    foo
    bar

  # comment

  y: &A
    - p
    - q: r
      s: >-
        t
        u

# comment

empty:
multi: a
  b
tagged: !x &B y
null: ~
last:
  - - 1
    - 2
"""


@pytest.mark.parametrize(
    ("pointer", "value", "key"),
    [
        (("é",), "1", "é"),
        (("k k",), "'v'", '"k k"'),
        (("200",), "x", "200"),
        (("😀a",), '{b: [1, 2 ],"c": "d"}', "😀a"),
        (("😀a", "b"), "[1, 2 ]", "b"),
        (("😀a", "b", 1), "2", "2"),
        (("😀a", "c"), '"d"', '"c"'),
        (("blk", "x"), "|\n    foo\n    bar", "x"),
        (("blk", "y"), "&A\n    - p\n    - q: r\n      s: >-\n        t\n        u", "y"),
        (
            ("blk", "y", 1),
            "q: r\n      s: >-\n        t\n        u",
            "q: r\n      s: >-\n        t\n        u",
        ),
        (("empty",), "", "empty"),
        (("multi",), "a\n  b", "multi"),
        (("tagged",), "!x &B y", "tagged"),
        (("null",), "~", "null"),
        (("last",), "- - 1\n    - 2", "last"),
        (("last", 0, 1), "2", "2"),
        ((), BLOCK.rstrip(), BLOCK.rstrip()),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_keys_and_values_of_yaml(pointer: Pointer, value: str, key: str, end: str) -> None:
    text = BLOCK.replace("\n", end)
    assert at(text, *pointer) == value.replace("\n", end)
    assert at(text, *pointer, on_key=True) == key.replace("\n", end)


def test_what_is_not_there_has_the_place_of_its_nearest_ancestor() -> None:
    text = "a:\n  b: 1\nc: 2\n"
    assert at(text, "a", "x", "y") == "b: 1"
    assert at(text, "x") == text.rstrip()
    assert at(text, "c", 0) == "2"
    assert at(text, "a", "b", "c", on_key=True) == "1"


def test_documents_of_a_stream() -> None:
    text = "a: 1\n---\na: 2\n...\n---\n- a: 3\n"
    assert at(text, "a", index=0) == "1"
    assert at(text, "a", index=1) == "2"
    assert at(text, 0, "a", index=2) == "3"
    assert at(text, "a", index=7) == ""
    assert locate_in_yaml("a: 1\n---", 1, [((), False)])[(), False] == Region.point(2, 4)


def test_aliases_and_merge_keys_lead_to_the_anchored_node() -> None:
    text = """\
base: &base
  image: one
  env: {a: 1}
more: &more [{port: 80}, *base]
use: *base
svc:
  <<: *base
  image: two
both:
  <<: [*base, {extra: 3}]
deep:
  <<: {<<: *base}
"""
    assert at(text, "use") == "*base"
    assert at(text, "use", "image") == "one"
    assert at(text, "more", 1, "env", "a") == "1"
    assert at(text, "svc", "image") == "two"
    assert at(text, "svc", "env") == "{a: 1}"
    assert at(text, "svc", "env", on_key=True) == "env"
    assert at(text, "both", "env", "a", on_key=True) == "a"
    assert at(text, "both", "extra") == "3"
    assert at(text, "deep", "image") == "one"
    assert at(text, "svc", "nothing").startswith("<<: *base")


def test_empty_values_do_not_reach_into_the_next_node() -> None:
    text = "a:\n  b:\n  c:\n\n# comment\nd:\n  ? e\n  ? f\n\ng:\n  -\n  -\nh: 1\n"
    assert at(text, "a") == "b:\n  c:"
    assert at(text, "d") == "? e\n  ? f"
    assert at(text, "g") == "-\n  -"


def test_texts_that_only_yamlrocks_reads_have_rough_places() -> None:
    text = "a: %x\nb:\n  c: 1\nd: [1, 2]\n"
    assert parse(Source("a.yaml", text.encode())).faults == ()
    assert locate_in_yaml(text, 0, [(("b", "c"), False)])[("b", "c"), False] == Region(3, 6, 3, 7)
    assert locate_in_yaml(text, 0, [(("d",), True)])[("d",), True].start_line == 4


def test_other_line_ends_than_cr_and_lf_end_no_line() -> None:
    text = 'a: "x\u2028y\x85z"\nb: "\u2029" # \u2028\nc: 1\n'
    assert at(text, "a") == '"x\u2028y\x85z"'
    assert at(text, "c") == "1"
    assert locate_in_yaml(text, 0, [(("c",), True)])[("c",), True] == Region(3, 1, 3, 2)


@settings(max_examples=300, deadline=None)
@given(value=st.dictionaries(plain, values, min_size=1, max_size=4), seed=st.integers(0, 10_000))
def test_a_scalar_stands_at_its_region_in_yaml(value: dict[str, Any], seed: int) -> None:
    choose = random.Random(seed)
    text = "".join(f"{flow(key)}:{shown(item, '', choose)}\n" for key, item in value.items())
    text = text.replace("\n", choose.choice(("\n", "\r\n")))
    parsed = parse(Source("a.yaml", text.encode()))
    assert parsed.faults == (), text
    (document,) = parsed.documents
    found = dict(nodes(document.data))
    places = [(pointer, on_key) for pointer in found for on_key in (False, True)]
    regions = document.locator.locate(places)
    for (pointer, on_key), region in regions.items():
        again: Any
        piece = cut(text, region)
        assert piece == piece.strip(), (text, pointer)
        if on_key and pointer and isinstance(pointer[-1], str):
            again = yamlrocks.loads(piece)
            assert (again if isinstance(again, str) else json.dumps(again)) == pointer[-1], (text, pointer)
        elif not isinstance(found[pointer], dict | list):
            again = yamlrocks.loads(piece) if piece else None
            assert again == found[pointer] or str(again).rstrip() == found[pointer].rstrip(), (
                text,
                pointer,
                piece,
            )
        elif pointer and region.start_line == region.end_line:
            assert keys_as_text(yamlrocks.loads(piece)) == found[pointer], (text, pointer, piece)
        else:
            lines = split_lines(text)
            assert lines[region.end_line - 1][: region.end_column - 1].strip(), (text, pointer)


def keys_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else json.dumps(key): keys_as_text(item)
            for key, item in value.items()
        }
    return [keys_as_text(item) for item in value] if isinstance(value, list) else value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(
    value=json_values,
    indent=st.sampled_from([None, 0, 2]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    data=st.data(),
)
def test_every_node_stands_at_its_region_in_json(
    value: Any, indent: int | None, end: str, data: st.DataObject
) -> None:
    text = " " + json.dumps(value, indent=indent, ensure_ascii=False).replace("\n", end) + end
    found = dict(nodes(value))
    everything = [(pointer, on_key) for pointer in found for on_key in (False, True)]
    wanted = data.draw(st.lists(st.sampled_from(everything), max_size=6)) or everything
    for (pointer, on_key), region in locate_in_json(text, wanted).items():
        again = json.loads(cut(text, region))
        if on_key and pointer and isinstance(pointer[-1], str):
            assert again == pointer[-1]
        else:
            assert again == found[pointer]


def test_json_nearest_ancestor_and_deep_nesting() -> None:
    text = '{"a": [1, {"b": 2}], "c": "x"}'
    regions = locate_in_json(
        text, [(("a", 1, "x"), False), (("c", "d"), True), (("a", 7), False), (("z",), True)]
    )
    assert [cut(text, region) for region in regions.values()] == ['{"b": 2}', '"x"', '[1, {"b": 2}]', text]
    deep = '{"a":' * 900 + '[1, "]}"]' + "}" * 900
    pointer = ("a",) * 900
    regions = locate_in_json(deep, [((*pointer, 1), False), (("a",), False), (("a", "x"), False)])
    assert [cut(deep, region) for region in regions.values()] == ['"]}"', deep[5:-1], deep[5:-1]]


def test_the_last_of_repeated_keys_is_located() -> None:
    assert (
        cut('{"a": 1, "a": 2}', locate_in_json('{"a": 1, "a": 2}', [(("a",), False)])[("a",), False]) == "2"
    )
    assert at("a: 1\na: 2\n", "a") == "2"


@pytest.mark.parametrize("name", ["yaml", "json"])
def test_places_in_long_lines_cost_linear_time(name: str) -> None:
    value = {f"key{number}": {"value": number} for number in range(20_000)}
    text = json.dumps(value) if name == "json" else json.dumps(value).replace('"', "")
    locate = locate_in_json if name == "json" else lambda text, places: locate_in_yaml(text, 0, places)
    start = time.process_time()
    regions = locate(text, [((f"key{number}", "value"), False) for number in range(0, 20_000, 40)])
    assert [cut(text, region) for region in list(regions.values())[:3]] == ["0", "40", "80"]
    assert time.process_time() - start < 5


PIECES = [
    *"ab:-?,[]{}&*!|>'\"%@`#~ \n\t\\x0<.1",
    "---",
    "\r\n",
    "é",
    "\u2028",
    "{{ x }}",
    "\n  ",
    "\n- ",
    ": ",
    "a: ",
    "&a ",
    "*a",
    "<<: ",
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_all_places_of_any_text_lie_inside_it(text: str) -> None:
    lines = split_lines(text)
    for document in parse(Source("a.yaml", text.encode())).documents:
        places = [(pointer, on_key) for pointer, _ in nodes(document.data) for on_key in (False, True)]
        for region in document.locator.locate([*places, (("none",), True), ((0, "x", 1), False)]).values():
            start = (region.start_line, region.start_column)
            end = (region.end_line, region.end_column)
            assert (1, 1) <= start <= end
            assert region.end_line <= len(lines)
            assert region.start_column <= len(lines[region.start_line - 1]) + 1
            assert region.end_column <= len(lines[region.end_line - 1]) + 1


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the project")
@pytest.mark.parametrize("pattern", ["*.yaml", "*.yml", "*.json"])
def test_scalars_stand_at_their_regions_in_real_files(pattern: str) -> None:
    for path in sample(pattern, 25):
        source = Source(path.name, path.read_bytes())
        for document in parse(source).documents:
            found = {
                pointer: value
                for pointer, value in nodes(document.data)
                if not isinstance(value, dict | list)
            }
            regions = document.locator.locate([(pointer, False) for pointer in found])
            for (pointer, _), region in regions.items():
                value = found[pointer]
                piece = cut(source.text, region)
                if not piece or "{{" in piece or re.match(r"[*!]|[|>][-+]?\d", piece):
                    continue
                again = yamlrocks.loads(re.sub(r"^&\S+\s", "", piece))
                assert again == value or again.rstrip() == value.rstrip(), (path, pointer, piece)
