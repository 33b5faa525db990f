"""Suppressions: what they hide, where, until when, and what is said of those that hide nothing."""

import codecs
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from archlint.config.load import CliOverrides, load_config
from archlint.engine.pipeline import Request, run
from archlint.engine.suppress import Suppression, collect, holds
from archlint.findings.finding import Finding
from archlint.findings.severity import Severity
from archlint.plugins.registry import Registry
from archlint.source.location import Location, Region
from archlint.source.parse import parse
from archlint.source.source import Source

_SPEC = """\
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}
  /orders:{list}
    get:{operation}
      responses:{responses}
        '204':{response}
          description: none
          content: {{application/json: {{schema: {{type: object}}}}}}{after}
"""
RULE = "no-content-response-has-body"

type Check = Callable[..., Sequence[Finding]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Return a function that writes files and checks them with one rule (or *select*) on a fixed day."""

    def function(
        files: dict[str, str],
        *,
        select: tuple[str, ...] = (RULE,),
        profile: str = "recommended",
        paths: tuple[str, ...] = ("",),
    ) -> Sequence[Finding]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        registry = Registry.load()
        cli = CliOverrides(select=select, profile=profile, today="2026-06-15")
        config = load_config(tmp_path, registry, cli=cli)
        names = tuple(str(tmp_path / path) for path in paths)
        request = Request(tmp_path, registry, config, names, cache=False)
        findings = run(request).report.findings
        again = run(
            replace(request, config=load_config(tmp_path, registry, cli=cli), cache=True)
        ).report.findings
        assert [str(finding.at) for finding in again] == [str(finding.at) for finding in findings]
        return findings

    return function


def _spec(**parts: str) -> str:
    names = ("path", "list", "operation", "responses", "response", "after")
    return _SPEC.format(**{name: parts.get(name, "") for name in names})


def _said(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Return what is reported: rule and place, or the message where a suppression is spoken of."""
    return [
        (finding.message if finding.category == "diagnostics" else finding.rule, str(finding.at))
        for finding in findings
        if finding.suppressed is None
    ]


def test_without_one_it_is_reported(check: Check) -> None:
    assert [rule for rule, _ in _said(check({"a.yaml": _spec()}))] == [RULE]


@pytest.mark.parametrize(
    "parts",
    [
        {"list": f" # archlint: ignore[{RULE}] legacy"},
        {"operation": f" # archlint: ignore[{RULE}] legacy"},
        {"response": f" # archlint: ignore[{RULE}] legacy"},
        {"response": "  # archlint: ignore[api] legacy"},
        {"response": " # archlint: ignore legacy"},
        {"path": f"# archlint: ignore[shared-database, {RULE}] legacy"},
        {"operation": f"\n      # archlint: ignore[{RULE}] legacy"},
        {"after": f"\n# archlint: ignore-file[{RULE}] legacy"},
        {"operation": f"\n      x-archlint-ignore: {RULE}"},
        {"operation": f"\n      x-archlint-ignore: [{RULE}]"},
        {"operation": f"\n      x-archlint-ignore: {{rules: [{RULE}], reason: legacy, until: 2026-06-15}}"},
        {"operation": f" # archlint: ignore[{RULE}] legacy until=2026-06-15"},
    ],
)
def test_each_form_hides(check: Check, parts: dict[str, str]) -> None:
    findings = check({"a.yaml": _spec(**parts)})
    assert _said(findings) == []
    (finding,) = [finding for finding in findings if finding.rule == RULE]
    assert finding.suppressed is not None
    assert finding.suppressed.kind == "inSource"
    if "legacy" in str(parts):
        assert finding.suppressed.reason == "legacy"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"response": " # archlint: ignore[token-in-url]"}, None),
        ({"response": " # archlint: ignore[auth]"}, None),
        ({"after": f"\ninfo2: 1 # archlint: ignore[{RULE}]"}, f"`{RULE}` finds nothing here"),
        (
            {"response": f" # archlint: ignore[{RULE}s]"},
            f"there is no rule or category `{RULE}s`, did you mean `{RULE}`?",
        ),
        (
            {"response": f" # archlint: ignore[{RULE}] until=2026-06-14"},
            f"the suppression of `{RULE}` ended on 2026-06-14",
        ),
        (
            {"response": f" # archlint: ignore[{RULE}] until=June"},
            "`June` is no date, and nothing is suppressed",
        ),
        (
            {"operation": f"\n      x-archlint-ignore: {{rules: {RULE}, until: 2026-06-01}}"},
            f"the suppression of `{RULE}` ended on 2026-06-01",
        ),
        ({"operation": "\n      description: '# archlint: ignore all'"}, None),
    ],
)
def test_what_does_not_hide(check: Check, parts: dict[str, str], message: str | None) -> None:
    said = [text for text, _ in _said(check({"a.yaml": _spec(**parts)}))]
    assert sorted(said) == sorted([RULE, *([message] if message else [])])


def test_json_documents_have_a_key_for_it(check: Check) -> None:
    response = {
        "description": "none",
        "content": {"application/json": {"schema": {}}},
        "x-archlint-ignore": [RULE],
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1.0.0"},
        "paths": {"/a": {"get": {"responses": {"204": response}}}, "/b": {"x-archlint-ignore": RULE}},
    }
    said = _said(check({"a.json": json.dumps(document, indent=1)}))
    assert [text for text, _ in said] == [f"`{RULE}` finds nothing here"]


_USER = "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\npaths: {/a: {get: {responses: {'204': {$ref: 'parts/gone.yaml'}}}}}\n"
_PART = "description: none\n# archlint: ignore[no-content-response-has-body] legacy\ncontent: {application/json: {schema: {type: object}}}\n"


def test_it_works_at_a_definition_behind_a_reference(check: Check) -> None:
    part = f"x-archlint-ignore: {RULE}\n{_PART.replace('# archlint: ignore', '# was')}"
    files = {"a.yaml": _USER, "b.yaml": _USER, "parts/gone.yaml": part}
    findings = check(files)
    assert _said(findings) == []
    assert [finding.at.path for finding in findings] == ["parts/gone.yaml"]


def test_an_unused_one_in_a_shared_definition_is_said_once(check: Check) -> None:
    part = f"x-archlint-ignore: {RULE}\ndescription: none\n"
    files = {"a.yaml": _USER, "b.yaml": _USER, "parts/gone.yaml": part}
    assert _said(check(files)) == [(f"`{RULE}` finds nothing here", "parts/gone.yaml:1:1")]
    assert _said(check(files, paths=("a.yaml",))) == [], "another file may need it"


_SHARED = """\
services:
  orders: {image: shop/orders, environment: {DATABASE_URL: "postgres://u@db/shop"}}
  # archlint: ignore[%s] both move in March
  billing: {image: shop/billing, environment: {DATABASE_URL: "postgres://u@db/shop"}}
  db: {image: postgres}
"""


def test_of_what_did_not_run_nothing_is_said(check: Check) -> None:
    files = {"compose.yaml": _SHARED % "sync-dependency-cycle"}
    nothing = [("`sync-dependency-cycle` finds nothing here", "compose.yaml:3:3")]
    assert _said(check(files, select=("sync-dependency-cycle",))) == nothing
    assert _said(check(files, select=("secret-literal",))) == []
    assert _said(check(files, select=("sync-dependency-cycle",), paths=("compose.yaml",))) == [], (
        "a part of the project shows nothing of the rest of the graph"
    )
    files = {"compose.yaml": _SHARED % "services"}
    assert _said(check(files, select=("sync-dependency-cycle",))) == [], "others of the category did not run"
    files = {"compose.yaml": _SHARED % "all"}
    assert _said(check(files, select=("sync-dependency-cycle",))) == []


def test_findings_of_the_graph_are_hidden_where_they_stand(check: Check) -> None:
    (finding,) = check({"compose.yaml": _SHARED % "event-not-produced"}, select=("shared-database",))
    lines = (_SHARED % "event-not-produced").splitlines()
    assert finding.at.region is not None
    lines.insert(finding.at.region.start_line - 1, "  # archlint: ignore[shared-database] on purpose")
    findings = check({"compose.yaml": "\n".join(lines)}, select=("shared-database",))
    assert _said(findings) == []


def test_aggregation_leaves_out_what_is_suppressed(check: Check) -> None:
    operation = "  /p%d:%s\n    get: {responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {type: object}}}}}}}\n"
    head = "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\npaths:\n"
    rule = "collection-unpaginated"
    note = f" # archlint: ignore[{rule}] short list"
    plain = check({"a.yaml": head + "".join(operation % (n, "") for n in range(6))}, select=(rule,))
    assert len(_said(plain)) == 1, "all break it, and one finding says so"
    some = check(
        {"a.yaml": head + "".join(operation % (n, note if n in {0, 3} else "") for n in range(6))},
        select=(rule,),
    )
    (said,) = [finding for finding in some if finding.suppressed is None]
    assert "the same for 3 of 3 others" in said.message
    assert len([finding for finding in some if finding.suppressed is not None]) == 2


def test_reasons_may_be_asked_for(check: Check) -> None:
    files = {"a.yaml": _spec(response=f" # archlint: ignore[{RULE}]")}
    assert _said(check(files)) == []
    assert _said(check(files, profile="all")) == [("the suppression gives no reason", "a.yaml:8:16")]


def test_what_is_said_of_suppressions_can_be_suppressed(check: Check) -> None:
    note = "# archlint: ignore-file[unused-suppression] made by a generator\n"
    files = {"a.yaml": note + _spec(path=f"/x: {{}} # archlint: ignore[{RULE}]")}
    assert [text for text, _ in _said(check(files))] == [RULE]


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("# archlint: ignore[]", "the suppression names no rule, and nothing is suppressed"),
        (f"# archlint: ignore[{RULE} soon", "the bracket is not closed, and nothing is suppressed"),
        (f"# archlint: ingore[{RULE}]", "there is no `ingore`, did you mean `ignore`?"),
        ("# archlint: ignored by nobody", None),
        ("# archlint: the linter", None),
    ],
)
def test_what_is_not_quite_one(check: Check, note: str, message: str | None) -> None:
    said = [text for text, _ in _said(check({"a.yaml": _spec(response=f" {note}")}))]
    assert sorted(said) == sorted([RULE, *([message] if message else [])])


@pytest.mark.parametrize("value", ["", "[]", "{reason: none}", "{rules: []}"])
def test_a_key_that_names_no_rule(check: Check, value: str) -> None:
    said = [
        text for text, _ in _said(check({"a.yaml": _spec(operation=f"\n      x-archlint-ignore: {value}")}))
    ]
    assert said == ["the suppression names no rule, and nothing is suppressed", RULE]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_suppressions_are_read_in_every_encoding(encoding: str) -> None:
    text = "# archlint: ignore[shared-database] for now\na: 1\nb: {x-archlint-ignore: [secret-literal]}\n"
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""
    source = Source("a.yaml", mark + text.encode(encoding))
    found = collect(source, parse(source).documents)
    assert [one.rules for one in found] == [("shared-database",), ("secret-literal",)]


def test_a_comment_in_a_text_of_assignments_is_about_its_line() -> None:
    text = b"# archlint: ignore[secret-literal] local only\nA=1\nB=2 # archlint: ignore[shared-database] known\nC=3\n"
    first, second = collect(Source(".env", text), ())

    def hides(suppression: Suppression, rule: str, line: int) -> bool:
        at = Location(".env", ("X",), region=Region.point(line, 1))
        return holds(suppression, Finding(rule, "", Severity.INFO, "", at), today="2026-01-01")

    assert [hides(first, "secret-literal", line) for line in (1, 2, 3, 4)] == [False, True, False, False]
    assert [hides(second, "shared-database", line) for line in (2, 3, 4)] == [False, True, False]
    assert not hides(second, "secret-literal", 3)
