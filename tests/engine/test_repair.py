"""Repair: safe fixes by default, until none is left, and nothing half-done."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import Context, Edit, Fix, Location, Problem, Service, Severity, rule
from archlint.config.model import Config, Layer
from archlint.engine.pipeline import Request, run
from archlint.engine.repair import repair, write
from archlint.plugins.registry import Registry

TEXT = dedent(
    """\
    openapi: 3.1.0
    info: {title: Orders, version: "1"}
    servers:
    - url: http://api.shop.example/v1  # main
    paths:
      /orders/{id}:
        delete:
          responses:
            '204':
              description: gone
              # nothing to say
              content:
                application/json: {schema: {type: object}}
    """
)


def request(root: Path, registry: Registry, *rules: str) -> Request:
    config = Config(registry.rules, profile="all", layers=(Layer(select=rules or None),), today="2026-01-01")
    return Request(root, registry, config, (str(root),), cache=False)


def test_safe_fixes_only(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT)
    asked = request(tmp_path, registry, "no-content-response-has-body", "server-url-not-https")
    repaired = repair(asked)
    assert repaired.applied == 1
    assert [finding.rule for finding in repaired.outcome.report.findings] == ["server-url-not-https"]
    assert (tmp_path / "openapi.yaml").read_text() == TEXT
    assert repaired.diff() == dedent(
        """\
        --- a/openapi.yaml
        +++ b/openapi.yaml
        @@ -9,5 +9,3 @@
                 '204':
                   description: gone
                   # nothing to say
        -          content:
        -            application/json: {schema: {type: object}}
        """
    )


def test_unsafe_fixes_when_asked_for(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT)
    asked = request(tmp_path, registry, "no-content-response-has-body", "server-url-not-https")
    repaired = repair(asked, unsafe=True)
    assert write(repaired, tmp_path) == []
    assert "url: https://api.shop.example/v1  # main\n" in (tmp_path / "openapi.yaml").read_text()
    assert run(asked).report.findings == []
    again = repair(asked, unsafe=True)
    assert (again.applied, again.changes, again.diff()) == (0, {}, "")


def test_what_is_suppressed_stays(tmp_path: Path, registry: Registry) -> None:
    text = TEXT.replace(
        "          content:",
        "          # archlint: ignore[no-content-response-has-body] -- clients rely on it\n          content:",
    )
    (tmp_path / "openapi.yaml").write_text(text)
    assert repair(request(tmp_path, registry, "no-content-response-has-body")).changes == {}


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(TEXT)
    repaired = repair(request(tmp_path, registry, "no-content-response-has-body"))
    path.write_text("changed: true\n")
    assert write(repaired, tmp_path) == ["openapi.yaml"]
    assert path.read_text() == "changed: true\n"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_marks_stay(tmp_path: Path, registry: Registry, ending: str, mark: bytes) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_bytes(mark + TEXT.replace("\n", ending).encode())
    asked = request(tmp_path, registry, "no-content-response-has-body")
    write(repair(asked), tmp_path)
    expected = TEXT[: TEXT.index("          content:")]
    assert path.read_bytes() == mark + expected.replace("\n", ending).encode()


def test_many_findings_told_as_one_are_fixed_each(tmp_path: Path, registry: Registry) -> None:
    paths = "".join(
        f"  /orders{number}:\n    delete: {{responses: {{204: {{description: gone, content: {{}}}}}}}}\n"
        for number in range(6)
    )
    head = 'openapi: 3.1.0\ninfo: {title: Orders, version: "1"}\npaths:\n'
    (tmp_path / "openapi.yaml").write_text(head + paths)
    asked = request(tmp_path, registry, "no-content-response-has-body")
    found = run(replace(asked, config=replace(asked.config, aggregate=False))).report.findings
    repaired = repair(asked)
    assert repaired.applied == len(found)
    assert repaired.outcome.report.findings == []


def test_a_definition_of_several_roots_is_fixed_once(tmp_path: Path, registry: Registry) -> None:
    root = dedent(
        """\
        openapi: 3.1.0
        info: {title: Orders, version: "1"}
        paths:
          /orders: {$ref: "orders.yaml"}
        """
    )
    (tmp_path / "one.yaml").write_text(root)
    (tmp_path / "two.yaml").write_text(root)
    (tmp_path / "orders.yaml").write_text(
        "delete:\n  responses:\n    '204':\n      content:\n        text/plain: {}\n      description: gone\n"
    )
    repaired = repair(request(tmp_path, registry, "no-content-response-has-body"))
    assert repaired.applied == 1
    assert list(repaired.changes) == ["orders.yaml"]
    assert write(repaired, tmp_path) == []
    assert (
        tmp_path / "orders.yaml"
    ).read_text() == "delete:\n  responses:\n    '204':\n      description: gone\n"


@rule(id="loud-service", category="services", severity=Severity.WARNING, subject=Service, since="0.1.0")
def loud_service(service: Service, context: Context) -> Iterator[Problem]:
    """Report services without a label, once with a fix and once with one in a file that was not checked."""
    del context
    if "quiet" not in service.labels:
        at = service.location
        for message, path in (("it is loud", at.path), ("it is heard elsewhere", "elsewhere.yaml")):
            label = Location(path, (*at.pointer, "labels"), at.document)
            fix = Fix("calm it", (Edit("set", label, {"quiet": "1"}),))
            yield Problem(message, at, fix=fix, identity=(message,))


def test_fixes_of_rules_about_the_graph(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  orders:\n    image: shop/orders\n")
    own = Registry.load()
    own.add([loud_service])
    asked = request(tmp_path, own, "loud-service")
    found = {finding.message: finding.fix is not None for finding in run(asked).report.findings}
    assert found == {"it is loud": True, "it is heard elsewhere": False}
    repaired = repair(asked)
    assert repaired.applied == 1
    assert "+    labels:" in repaired.diff()
    assert not repaired.outcome.report.findings
