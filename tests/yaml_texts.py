"""YAML texts to try things on: generated ones, and those of the corpus."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from archlint.source.location import Region
from archlint.source.pointer import Pointer

CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus"


def cut(text: str, region: Region) -> str:
    """Return the text at *region*."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
    return text[
        starts[region.start_line - 1] + region.start_column - 1 : starts[region.end_line - 1]
        + region.end_column
        - 1
    ]


def nodes(value: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    yield pointer, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from nodes(item, (*pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from nodes(item, (*pointer, index))


plain = st.text(alphabet=st.sampled_from("ab é😀:#-'\"{}[],&*!|>%@`0.~\\\u2028"), max_size=8)
scalars = (
    plain
    | st.integers()
    | st.booleans()
    | st.none()
    | st.sampled_from(["x\ny", "x\n\n  y\n", "\n", " x", "x\n\n"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain | st.integers(), inner, max_size=4),
    max_leaves=15,
)


def shown(value: Any, indent: str, choose: random.Random) -> str:
    """Return *value* in some YAML style, to stand after `:` or `-` of a block collection at *indent*."""
    deeper = indent + " " * choose.choice((1, 2, 4))
    gap = choose.choice(("", "", "  # note: 'x'", "\n", f'\n{indent}# "a": [b'))
    if isinstance(value, dict) and value and choose.random() < 0.8:
        lines = [f"\n{deeper}{flow(key)}:{shown(item, deeper, choose)}" for key, item in value.items()]
        return gap + "".join(lines)
    if isinstance(value, list) and value and choose.random() < 0.8:
        return gap + "".join(f"\n{deeper}-{shown(item, deeper, choose)}" for item in value)
    if isinstance(value, str) and re.fullmatch(r"[ab][ab \n]*[ab]", value) and choose.random() < 0.5:
        return f" |-\n{deeper}" + value.replace("\n", f"\n{deeper}") + choose.choice(("", "\n", "\n\n"))
    if isinstance(value, str) and re.fullmatch(r"[ab][ab ]*[ab]", value) and choose.random() < 0.7:
        text = value if "  " in value or choose.random() < 0.5 else value.replace(" ", f"\n{deeper} ", 1)
        return f" {text}" + choose.choice(("", " # c", "\n"))
    return " " * choose.choice((1, 3)) + flow(value) + choose.choice(("", " # c", "\n", f"\n{indent}# c"))


def flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def sample(pattern: str, most: int) -> list[Path]:
    files = sorted(
        path for path in CORPUS.rglob(pattern) if path.stat().st_size < 30_000 and "invalid" not in path.parts
    )
    return random.Random(7).sample(files, min(most, len(files)))
