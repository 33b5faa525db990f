"""Our schemas of AsyncAPI, held against the official ones over real documents and small changes of them."""

import copy
import json
import random
import shutil
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from archlint.api import Source, SyntaxFault, parse
from archlint.formats.asyncapi import FORMAT
from archlint.formats.asyncapi.validate import structure_of

_PACKAGE = "@asyncapi/specs@6.11.1"
_CHANGES = 12
_LEAST_AGREEMENT = 0.97

type Official = dict[str, Any]


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Official:
    """Return validators by version, of the official schemas."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("specs")
    done = subprocess.run(
        [npm, "pack", "--silent", _PACKAGE], cwd=folder, capture_output=True, timeout=90, check=False
    )
    archive = next(folder.glob("*.tgz"), None)
    if done.returncode or archive is None:
        pytest.skip("the official schemas cannot be fetched")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return {
        version: jsonschema_rs.validator_for(_without_slips(json.loads(path.read_text())))
        for version in _versions()
        if (path := folder / "package" / "schemas" / f"{version}.json").is_file()
    }


def _versions() -> list[str]:
    return [f"2.{minor}.0" for minor in range(7)] + ["3.0.0", "3.1.0"]


def _without_slips(schema: dict[str, Any]) -> dict[str, Any]:
    """Mend what contradicts the text of the specification.

    A `$ref` to a parameter fits both of its alternatives before 2.5, a parameter need not be an object, and examples of 2.0 are
    maps of anything. What Avro allows is Avro's to say.
    """
    for name, value in schema["definitions"].items():
        if name.endswith("/parameters.json"):
            value["additionalProperties"]["anyOf"] = value["additionalProperties"].pop("oneOf")
        elif name.endswith("/parameter.json"):
            value["type"] = "object"
        elif name.endswith("/avroSchema_v1.json"):
            other = {"not": {"required": ["$ref"]}} if "/3." in name else {}
            schema["definitions"][name] = {"$id": name} | other
        elif name.endswith("2.0.0/message.json"):
            value["oneOf"][1]["oneOf"][1]["properties"]["examples"]["items"] = {"type": "object"}
    return schema


def _documents(folder: Path) -> Iterator[tuple[Path, Any]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".yaml", ".yml", ".json"} and path.is_file():
            try:
                documents = parse(Source(path.name, path.read_bytes())).documents
            except SyntaxFault:
                continue
            yield from ((path, document.data) for document in documents if FORMAT.sniff(document))


def _accepts(data: Any) -> bool:
    major, minor, _ = str(data["asyncapi"]).split(".")
    return structure_of(int(major), int(minor)).accepts(data)


@pytest.fixture(scope="module")
def corpus() -> list[tuple[Path, Any]]:
    shared = Path(__file__).resolve().parents[3] / "shared" / "corpus"
    if not shared.is_dir():
        pytest.skip("the reference data is not beside the project")
    return [*_documents(shared / "asyncapi"), *_documents(shared / "invalid" / "asyncapi__parser-js")]


def test_real_documents_are_judged_alike(official: Official, corpus: list[tuple[Path, Any]]) -> None:
    known = [(path, data) for path, data in corpus if str(data["asyncapi"]) in official]
    assert len(known) > 100
    different = [
        path for path, data in known if _accepts(data) != official[str(data["asyncapi"])].is_valid(data)
    ]
    assert not different


def test_changed_documents_are_judged_alike(official: Official, corpus: list[tuple[Path, Any]]) -> None:
    chance = random.Random(7)
    counts: Counter[tuple[bool, bool]] = Counter()
    too_strict = []
    for path, data in corpus:
        version = str(data["asyncapi"])
        if version not in official or not official[version].is_valid(data):
            continue
        for _ in range(_CHANGES):
            changed = _changed(data, chance)
            if str(changed.get("asyncapi")) != version:
                continue
            theirs, ours = official[version].is_valid(changed), _accepts(changed)
            counts[theirs, ours] += 1
            if theirs and not ours:
                too_strict.append((path.name, next(structure_of(*_pair(version)).faults(changed))))
    assert not too_strict
    assert counts[False, False] > 500
    agreed = counts[True, True] + counts[False, False]
    assert agreed / counts.total() >= _LEAST_AGREEMENT


def _pair(version: str) -> tuple[int, int]:
    return int(version[0]), int(version[2])


def _changed(data: Any, chance: random.Random) -> Any:
    """Return a copy of *data* with one node dropped, renamed, of another type or with one more property."""
    data = copy.deepcopy(data)
    places: list[tuple[Any, Any]] = []
    pending = [data]
    while pending:
        value = pending.pop()
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in list(items):
            places.append((value, key))
            if isinstance(item, dict | list):
                pending.append(item)
    holder, key = chance.choice(places)
    kind = chance.choice(("drop", "type", "rename", "more"))
    if kind == "drop":
        del holder[key]
    elif kind == "rename" and isinstance(holder, dict):
        holder[f"{key}z"] = holder.pop(key)
    elif kind == "more" and isinstance(holder[key], dict):
        holder[key]["foo"] = "bar"
    else:
        holder[key] = chance.choice([5, True, [], {}, "text", None, ["a", "a"], -1])
    return data
