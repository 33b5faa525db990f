"""Reading only the entries in which something is wanted finds the same places as reading everything."""

import random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml_texts import CORPUS, flow, nodes, plain, sample, shown, values

from archlint.source import yaml_windows
from archlint.source.parse import parse
from archlint.source.source import Source
from archlint.source.yaml_places import locate_in_yaml


@settings(max_examples=300, deadline=None)
@given(
    value=st.dictionaries(plain, values, min_size=1, max_size=4),
    seed=st.integers(0, 10_000),
    size=st.sampled_from([0, 20]),
)
def test_windows_agree_with_a_full_scan(value: dict[str, Any], seed: int, size: int) -> None:
    choose = random.Random(seed)
    text = "".join(f"{flow(key)}:{shown(item, '', choose)}\n" for key, item in value.items())
    text = choose.choice(("", "# a\n---\n", "\n")) + text
    agree(text, size, choose)


def agree(text: str, size: int, choose: random.Random) -> bool:
    """Hold the places found by windows against those of a full scan; tell whether windows were of use."""
    parsed = parse(Source("a.yaml", text.encode()))
    if parsed.faults or len(parsed.documents) != 1:
        return False
    places = [(pointer, on_key) for pointer, _ in nodes(parsed.documents[0].data) for on_key in (False, True)]
    places = choose.sample(places, min(len(places), 12))
    places += [((*pointer, choose.choice(("none", 7, "a"))), on_key) for pointer, on_key in places[:4]]
    with patch.object(yaml_windows, "SMALLEST", size):
        found = yaml_windows.locate_in_windows(text, places)
    if found is None:
        return False
    full = locate_in_yaml(text, 0, places)
    assert {place: found[place] for place in places} == full, text
    return True


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the project")
def test_windows_agree_with_a_full_scan_of_real_files() -> None:
    choose = random.Random(5)
    assert sum(agree(path.read_text("utf-8", "replace"), 50, choose) for path in sample("*.yaml", 150)) > 75


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n---\nb: 2\n",
        "- a\n",
        "? a\n: b\n",
        "a: 1\r\n",
        "base: &a {x: 1}\nuse: *a\n",
        "{a: 1}\n",
        "%YAML 1.2\n---\na: 1\n",
        "",
    ],
)
def test_other_texts_are_left_to_the_full_scan(text: str) -> None:
    assert yaml_windows.locate_in_windows(text, [(("use", "x"), False)]) is None
