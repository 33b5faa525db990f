"""Configuration files: where they are found, and what is written in them with its places."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archlint.errors import ConfigError
from archlint.source.document import Document
from archlint.source.files import FileRefused, inside, read_bytes
from archlint.source.parse import parse
from archlint.source.pointer import Pointer
from archlint.source.source import Source

FILES = (".archlint.yaml", ".archlint.yml")


@dataclass
class ConfigFile:
    """A configuration file as plain data, with the places of its values.

    `folder` is what its relative names start from; empty for a profile of a plugin, which names no files.
    """

    path: str
    data: dict[str, Any]
    document: Document | None
    folder: str = ""
    lines: list[str] = field(default_factory=list)

    def error(self, message: str, *keys: str | int, on_key: bool = False) -> ConfigError:
        """Return the error that says *message* at the value (or key) that *keys* lead to."""
        line, column = self._place(tuple(keys), on_key=on_key)
        return ConfigError(message, path=self.path, line=line, column=column)

    def _place(self, keys: Pointer, *, on_key: bool) -> tuple[int, int]:
        if self.document is not None:
            region = self.document.locator.locate([(keys, on_key)])[keys, on_key]
            return region.start_line, region.start_column
        name = next((str(key) for key in reversed(keys) if isinstance(key, str)), "tool.archlint")
        for number, line in enumerate(self.lines, 1):
            if line.lstrip().strip('["').startswith(name):
                return number, len(line) - len(line.lstrip()) + 1
        return 1, 1


def find_config(start: Path, root: Path) -> Path | None:
    """Return the nearest configuration file from *start* upwards to *root*; `None` when there is none."""
    folder = start.resolve()
    top = root.resolve()
    while True:
        for name in FILES:
            if (folder / name).is_file():
                return folder / name
        pyproject = folder / "pyproject.toml"
        if pyproject.is_file() and b"[tool.archlint" in pyproject.read_bytes():
            return pyproject
        if folder in {top, folder.parent} or top not in folder.parents:
            return None
        folder = folder.parent


def read_config(path: Path, root: Path) -> ConfigFile:
    """Return the configuration at *path*, named relative to *root*; raise `ConfigError` when it cannot be read or parsed."""
    top = os.path.realpath(root)
    name = os.path.relpath(path, top)
    try:
        raw = read_bytes(top, name) if inside(top, str(path)) else path.read_bytes()
    except (FileRefused, OSError) as error:
        raise ConfigError(f"the configuration cannot be read: {error}", path=str(path)) from None
    source = Source(name.replace(os.sep, "/"), raw)
    folder = os.path.dirname(os.path.realpath(path))
    if path.suffix == ".toml":
        return _read_toml(source, folder)
    parsed = parse(source)
    if parsed.faults:
        fault = parsed.faults[0]
        raise ConfigError(
            fault.message, path=source.path, line=fault.region.start_line, column=fault.region.start_column
        )
    document = parsed.documents[0] if parsed.documents else None
    data = document.data if document is not None else {}
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError("the configuration is not a mapping", path=source.path, line=1, column=1)
    return ConfigFile(source.path, data, document, folder)


def _read_toml(source: Source, folder: str) -> ConfigFile:
    import tomllib  # noqa: PLC0415

    try:
        data = tomllib.loads(source.text)
    except UnicodeDecodeError:
        raise ConfigError("the text is not UTF-8", path=source.path, line=1, column=1) from None
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        numbers = [int(number) for number in re.findall(r"\d+", place)] or [len(source.lines), 1]
        text = f"{message[:1].lower()}{message[1:]}"
        raise ConfigError(text, path=source.path, line=numbers[0], column=numbers[1]) from None
    section: Any = data
    for key in ("tool", "archlint") if _is_pyproject(source.path) else ():
        section = section.get(key, {}) if isinstance(section, dict) else section
    if not isinstance(section, dict):
        raise ConfigError("`tool.archlint` is not a table", path=source.path, line=1, column=1)
    return ConfigFile(source.path, section, None, folder, source.lines)


def _is_pyproject(path: str) -> bool:
    """Tell whether *path* is a `pyproject.toml`, of which only one table is ours."""
    return path.rpartition("/")[2] == "pyproject.toml"
