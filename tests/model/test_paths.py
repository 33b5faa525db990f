"""Which paths a route lets through."""

from typing import Any

import pytest

from archlint.model.facts import RouteFact
from archlint.model.paths import admits, beginnings
from archlint.source.location import Location


def _route(path: str, **extra: Any) -> RouteFact:
    return RouteFact(
        at=Location("a.yaml"), kind="Ingress", name="a", scope="k8s:default", path=path, extra=extra
    )


@pytest.mark.parametrize(
    ("path", "match", "asked", "passes"),
    [
        ("/", "prefix", "/actuator", True),
        ("", "", "/actuator", True),
        ("/api", "prefix", "/api", True),
        ("/api", "prefix", "/api/x", True),
        ("/api", "prefix", "/apis", False),
        ("/api/", "prefix", "/api/x", True),
        ("/api", "exact", "/api/x", False),
        ("/api", "exact", "/api", True),
        ("/api/**", "", "/api/x/y", True),
        ("/api/{segment}", "", "/api/x", True),
        ("/{tenant}/api/**", "", "/a/api/x", False),
        ("/.*", "regex", "/actuator", True),
        ("/api(/|$)(.*)", "regex", "/api/x", True),
        ("^/api/.*$", "regex", "/api/x", True),
        ("~/api/(?<name>x)", "", "/api/x", False),
        ("/api/v[0-9]+/.*", "regex", "/api/v1/x", False),
        ("/api$", "regex", "/api", True),
    ],
)
def test_paths_pass(path: str, match: str, asked: str, passes: bool) -> None:  # noqa: FBT001
    assert admits(_route(path, **({"match": match} if match else {})), asked) is passes


def test_each_of_several_matches_counts() -> None:
    route = _route(
        "/a",
        matches=[
            {"path": "/a", "match": "exact"},
            {"path": "/b", "match": "prefix", "conditional": True},
            {"methods": ["GET"]},
        ],
    )
    assert admits(route, "/a")
    assert admits(route, "/anything"), "a match without a path is of all"
    assert list(beginnings(route)) == ["/a", "/b", "/"]
    assert not admits(_route("/b", matches=[{"path": "/b", "conditional": True}]), "/b")
