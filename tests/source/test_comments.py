"""Which node a comment speaks of."""

import time

import pytest

from archlint.source.comments import comments
from archlint.source.pointer import Pointer
from archlint.source.source import Source

TEXT = """\
# archlint: file
openapi: 3.1.0  # archlint: version
info:
  # archlint: title

  # another
  title: "x # archlint: not"
  text: |  # archlint: block
    # archlint: not
    y
servers:
  - url: https://a  # archlint: server
    name: b  # archlint: name
  -  # archlint: dash
    url: c
  # archlint: last
  - {url: d,  # archlint: flow
     name: e}  # archlint: inside
--- # archlint: start
a: 1
b:
- - 1  # archlint: outer
  - 2
# archlint: nothing
"""


def found(text: str) -> dict[str, tuple[int, Pointer | None]]:
    return {
        comment.text.removeprefix("archlint: "): (comment.document, comment.pointer)
        for comment in comments(Source("a.yaml", text.encode()))
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comments_speak_of_the_outermost_node_of_their_line(end: str) -> None:
    assert found(TEXT.replace("\n", end)) == {
        "file": (0, ("openapi",)),
        "version": (0, ("openapi",)),
        "title": (0, ("info", "title")),
        "block": (0, ("info", "text")),
        "server": (0, ("servers", 0)),
        "name": (0, ("servers", 0, "name")),
        "dash": (0, ("servers", 1)),
        "last": (0, ("servers", 2)),
        "flow": (0, ("servers", 2)),
        "inside": (0, ("servers", 2, "name")),
        "start": (1, ("a",)),
        "outer": (1, ("b", 0)),
        "nothing": (0, None),
    }


def test_comments_have_places() -> None:
    (comment,) = comments(Source("a.yaml", "é: 1  #archlint: x y \n".encode("utf-16")))
    assert (comment.line, comment.column, comment.text, comment.pointer) == (1, 7, "archlint: x y", ("é",))


def test_text_is_no_comment() -> None:
    assert found('{"a": "# archlint: no", "b": 1}') == {}
    assert found("a: 'b\n  # archlint: no\n  c'\n") == {}
    assert found("a: b#archlint: no\n") == {}


def test_comments_of_broken_texts() -> None:
    assert found("a: 1  # archlint: x\nb: [\n") == {"x": (0, ("a",))}
    assert comments(Source("a.yaml", b"a: \xff # archlint: x")) == []


def test_thousands_of_comments_cost_linear_time() -> None:
    start = time.process_time()
    text = (
        "".join(f"k{number}: 'x'  # archlint: x\n" for number in range(10_000)) + "# archlint: y\n" * 20_000
    )
    assert len(comments(Source("a.yaml", text.encode()))) == 30_000
    assert time.process_time() - start < 8
