"""What the tests of the OpenAPI format share: descriptions written in the test, read as the engine reads them."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import Document
from archlint.engine.resolve import Workspace

type Read = Callable[..., Document]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that writes a description (and the files it refers to) and reads it."""

    def read_text(text: str, **parts: str) -> Document:
        files = {
            "openapi.yaml": text,
            **{name.replace("__", "/") + ".yaml": part for name, part in parts.items()},
        }
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(content), encoding="utf-8")
        return Workspace(tmp_path).documents("openapi.yaml")[0]

    return read_text
