"""The second opinion reads what yamlrocks reads, and more."""

import random
from pathlib import Path
from typing import Any

import pytest
import yamlrocks
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.source.events import load_events
from archlint.source.fault import SyntaxFault
from archlint.source.parse import parse
from archlint.source.source import Source

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"


def by_events(text: str) -> Any:
    try:
        return load_events(text)[0]
    except SyntaxFault:
        return None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "b",
                "1",
                "0x1F",
                "1.50",
                "~",
                "true",
                ": ",
                "- ",
                "[",
                "]",
                "{",
                "}",
                ", ",
                "\n",
                "\n  ",
                "&x ",
                "*x",
                "<<: ",
                "'",
                '"',
                "|\n",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_both_parsers_mean_the_same(text: str) -> None:
    text += "\n"
    try:
        yamlrocks.loads_all(text, option=yamlrocks.OPT_DUPLICATE_KEYS_ERROR)
    except yamlrocks.YAMLRocksError:
        return
    first = [document.data for document in parse(Source("a.yaml", text.encode())).documents]
    second = by_events(text)
    assert (
        second is None
        or second == first
        or text.count("<<") > 1
        or "<<: [" in text
        or '{"' in repr(second)
        or "{{" in text
    )


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the project")
def test_both_parsers_mean_the_same_of_real_files() -> None:
    files = sorted(path for path in CORPUS.rglob("*.yaml") if path.stat().st_size < 30_000)
    compared = 0
    for path in random.Random(3).sample(files, 150):
        raw = path.read_bytes()
        try:
            yamlrocks.loads_all(raw.decode())
        except (yamlrocks.YAMLRocksError, UnicodeDecodeError):
            continue
        first = [document.data for document in parse(Source("a.yaml", raw + b"\n")).documents]
        assert by_events(raw.decode() + "\n") == first, path
        compared += 1
    assert compared > 100


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a:\n  b: {x: 1,\n}\nc: \u2028\n", {"a": {"b": {"x": 1}}, "c": "\u2028"}),
        ("a: [\n]\n<<: {b: 2}\nb: 3\n'<<': 4\n", {"a": [], "b": 3, "<<": 4}),
        ("a:\n- [\n]\nb: {{ x }}\n200: {true: 1}\n", {"a": [[]], "b": "{{ x }}", "200": {"true": 1}}),
        ("? {a: 1}\n: [\n]\n", {'{"a": 1}': []}),
        ("<<: 1\na:\n- [\n]", {"a": [[]], "<<": 1}),
    ],
)
def test_what_only_events_read(text: str, value: object) -> None:
    assert load_events(text)[0] == [value]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: &a [*a]\n", "the alias `a` contains itself", 1),
        ("a:\n- *b\n", "there is no anchor `b`", 2),
        ("[" * 1_001 + "]" * 1_001, "nested more than 1000 levels deep", 1),
        (
            "a: &a [x]\n"
            + "".join(
                f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
            ),
            "the aliases expand to more than a million nodes",
            7,
        ),
        ("a: \x01", "a character that YAML does not allow", 1),
    ],
)
def test_budgets_and_aliases(text: str, message: str, line: int) -> None:
    with pytest.raises(SyntaxFault) as caught:
        load_events(text)
    assert (caught.value.message, caught.value.region.start_line) == (message, line)
