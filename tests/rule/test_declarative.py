"""Rules of a project, written in YAML."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from archlint.config.load import CliOverrides, load_config
from archlint.engine.examples import failures
from archlint.engine.pipeline import Request, run
from archlint.errors import ConfigError
from archlint.findings.finding import Finding
from archlint.plugins.registry import Registry
from archlint.rule.declarative import SCHEMA, fill
from archlint.source.parse import parse
from archlint.source.source import Source

_OWNER = """\
id: missing-tier
category: governance
severity: warning
docs: |
  Services without a tier.

  ## Why is this bad?

  Nobody knows what to mend first.
subject: service
when: {properties: {firstParty: {const: true}}}
expect: {properties: {tier: {type: integer}}}
message: "service `{name}` of `{owner}` has no tier"
help: add a manifest with a tier
"""
_SUMMARY = """\
id: summary-without-verb
category: governance
severity: error
subject: operation
expect: {properties: {summary: {pattern: "^[A-Z]"}}}
message: "the summary `{summary}` starts in lower case"
"""
_SPEC = """\
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths:
  /orders:
    get:
      summary: all orders
      responses: {"200": {description: ok}}
"""


def _check(tmp_path: Path, files: dict[str, str]) -> list[Finding]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    registry = Registry.load()
    config = load_config(tmp_path, registry)
    return list(run(Request(tmp_path, registry, config, (str(tmp_path),), cache=False)).report.findings)


def test_a_rule_over_the_graph(tmp_path: Path) -> None:
    findings = _check(
        tmp_path,
        {
            ".archlint.yaml": "rule-files: [arch]\nselect: [missing-tier]\n",
            "arch/tier.yaml": _OWNER,
            "compose.yaml": "services:\n  orders: {image: shop/orders}\n  db: {image: postgres}\n",
        },
    )
    assert [(str(finding.at), finding.message) for finding in findings] == [
        ("compose.yaml:2:3", "service `orders` of `` has no tier")
    ]
    assert findings[0].help == "add a manifest with a tier"


def test_a_rule_over_a_view(tmp_path: Path) -> None:
    files = {
        ".archlint.yaml": "rule-files: [summary.yaml]\nselect: [governance]\n",
        "summary.yaml": _SUMMARY,
        "openapi.yaml": _SPEC,
    }
    (finding,) = _check(tmp_path, files)
    assert (str(finding.at), finding.message) == (
        "openapi.yaml:6:16",
        "the summary `all orders` starts in lower case",
    )


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (_SUMMARY.replace("operation", "operatoin"), "summary.yaml:4:10", "there is no subject `operatoin`"),
        (_SUMMARY.replace("expect", "expects"), "summary.yaml:5:1", "`expects` is not a property"),
        (
            _SUMMARY.replace("severity: error", "severity: fatal"),
            "summary.yaml:3:11",
            "`severity` is `fatal`",
        ),
        (_SUMMARY.replace('"^[A-Z]"', '"["'), "summary.yaml:5:9", "`expect` is no JSON Schema"),
        ("id: [", "summary.yaml:1:", ""),
    ],
)
def test_what_is_no_rule(tmp_path: Path, text: str, place: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _check(tmp_path, {".archlint.yaml": "rule-files: [summary.yaml]\n", "summary.yaml": text})
    assert str(caught.value).startswith(place)
    assert message in str(caught.value)


def test_files_outside_of_the_root_are_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(_SUMMARY)
    with pytest.raises(ConfigError, match="outside the project root"):
        _check(tmp_path / "project", {".archlint.yaml": "rule-files: [../outside.yaml]\n"})


def test_messages_evaluate_nothing() -> None:
    value = {"name": "a", "more": {"b": 1}}
    assert fill("{name} {more.b} {name.__class__} {missing} {0!r} {more}", value) == "a 1 ? ? {0!r} ?"


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "http://127.0.0.1:9/a.json", "other.yaml"])
def test_schemas_read_nothing(tmp_path: Path, reference: str) -> None:
    rule = _SUMMARY.replace('{properties: {summary: {pattern: "^[A-Z]"}}}', f'{{$ref: "{reference}"}}')
    with pytest.raises(ConfigError, match=r"nothing is fetched|No base URI") as caught:
        _check(tmp_path, {".archlint.yaml": "rule-files: [summary.yaml]\n", "summary.yaml": rule})
    assert str(caught.value).startswith("summary.yaml:5:9: `expect` is no JSON Schema")


_TESTED = (
    _SUMMARY
    + """\
examples:
- bad: |
    openapi: 3.1.0
    info: {title: Orders, version: 1.0.0}
    paths:
      /orders:
        get:
          summary: all orders  # <- `all orders` starts in lower case
          responses: {"200": {description: ok}}
- good: |
    openapi: 3.1.0
    info: {title: Orders, version: 1.0.0}
    paths:
      /orders: {get: {summary: All orders, responses: {"200": {description: ok}}}}
"""
)


def _failures(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / ".archlint.yaml").write_text("rule-files: [summary.yaml]\n")
    (tmp_path / "summary.yaml").write_text(text)
    registry = Registry.load()
    load_config(tmp_path, registry)
    return list(failures(registry.rules["summary-without-verb"], registry))


def test_examples_are_tests(tmp_path: Path) -> None:
    assert _failures(tmp_path, _TESTED) == []
    assert _failures(tmp_path, _TESTED.replace("# <- `all", "# <- `no")) == [
        "example 1 (bad): openapi.yaml:6: nothing says: `no orders` starts in lower case",
        "example 1 (bad): openapi.yaml:6:16: found and not marked: the summary `all orders` starts in lower case",
    ]
    assert _failures(tmp_path, _TESTED.replace("All", "the")) == [
        "example 2 (good): openapi.yaml:4:28: found and not marked: the summary `the orders` starts in lower case"
    ]
    assert "example 1 (bad): no line is marked with `# <- message`" in _failures(
        tmp_path, _TESTED.replace("# <- ", "# ")
    )


def test_workers_and_the_cache_know_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project = tmp_path / "project"
    project.mkdir()
    (project / ".archlint.yaml").write_text("rule-files: [summary.yaml]\nselect: [governance]\n")
    (project / "openapi.yaml").write_text(_SPEC)
    (project / "more.yaml").write_text(_SPEC)

    def messages(text: str, jobs: str) -> list[str]:
        (project / "summary.yaml").write_text(text)
        registry = Registry.load()
        config = load_config(project, registry, cli=CliOverrides(jobs=jobs))
        return [
            finding.message
            for finding in run(Request(project, registry, config, (str(project),))).report.findings
        ]

    first = messages(_SUMMARY, "2")
    assert first == ["the summary `all orders` starts in lower case"] * 2
    assert messages(_SUMMARY, "1") == first
    assert (
        messages(_SUMMARY.replace("starts in", "is in"), "1")
        == ["the summary `all orders` is in lower case"] * 2
    )


def test_an_id_is_used_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is a rule `summary-without-verb` already"):
        _check(tmp_path, {".archlint.yaml": "rule-files: [a.yaml]\n", "a.yaml": f"{_SUMMARY}---\n{_SUMMARY}"})
    taken = _SUMMARY.replace("summary-without-verb", "token-in-url")
    with pytest.raises(ConfigError, match="there is a rule `token-in-url` already"):
        _check(tmp_path, {".archlint.yaml": "rule-files: [a.yaml]\n", "a.yaml": taken})


def test_the_schema_is_one_and_the_tests_here_satisfy_it() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for text in (_OWNER, _TESTED):
        (document,) = parse(Source("rule.yaml", text.encode())).documents
        Draft202012Validator(SCHEMA).validate(document.data)
