"""No rule crashes, whatever stands where in a description: examples of the rules with junk put into them."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archlint.api import Source, parse, rules_in
from archlint.config.model import Config
from archlint.engine.check import Checker
from archlint.engine.resolve import Workspace
from archlint.plugins.registry import Registry

_CATEGORIES = {"api", "auth", "contracts", "observability", "resilience", "security"}
_JUNK: tuple[Any, ...] = (
    None, True, 1, 1.5, "", "x", "2020-01-01", "http://[", "ws://[x", [], {}, [1], [[]], {"a": 1}, {"$ref": "#/"}, {"$ref": "#/nowhere"}, {"$ref": 1},
)  # fmt: skip


def _descriptions() -> Iterator[dict[str, Any]]:
    for rule in rules_in("archlint_rules"):
        for example in rule.examples if rule.category in _CATEGORIES else ():
            for _, text in example.files:
                for document in parse(Source("openapi.yaml", text.encode())).documents:
                    if isinstance(document.data, dict) and not {"openapi", "swagger", "asyncapi"}.isdisjoint(
                        document.data
                    ):
                        yield document.data


_DESCRIPTIONS = list(_descriptions())


def _places(data: Any) -> list[tuple[Any, Any]]:
    found = []
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, dict | list):
            for key in value if isinstance(value, dict) else range(len(value)):
                found.append((value, key))
                pending.append(value[key])
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(_DESCRIPTIONS),
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(_JUNK)), min_size=1, max_size=4),
)
def test_no_rule_crashes(
    registry: Registry, folder: Path, description: dict[str, Any], junk: list[tuple[int, Any]]
) -> None:
    data = deepcopy(description)
    for number, value in junk:
        places = _places(data)
        if places:
            container, key = places[number % len(places)]
            container[key] = deepcopy(value)
    (folder / "openapi.json").write_text(json.dumps(data))
    config = Config(registry.rules, profile="all", today="2026-01-01")
    checked = Checker(registry, config, Workspace(folder)).check("openapi.json")
    assert [finding for finding in checked.findings if finding.rule == "internal-error"] == []
