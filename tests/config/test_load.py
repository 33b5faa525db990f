"""Configuration: where it is found, what wins, and how mistakes in it are said."""

import json
import os
import random
from collections.abc import Callable
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from archlint.config.load import CliOverrides, load_config
from archlint.config.model import Config, Layer, glob_matches
from archlint.config.schema import configuration_schema
from archlint.config.show import settings_of
from archlint.errors import ConfigError
from archlint.findings.severity import Severity
from archlint.plugins.registry import Registry

type Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that writes files and loads the configuration of their folder."""

    def function(files: dict[str, str], **more: object) -> Config:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return load_config(tmp_path, Registry.load(), **more)  # type: ignore[arg-type]

    return function


def _yaml(load: Load, text: str, **more: object) -> Config:
    return load({".archlint.yaml": text}, **more)


def _severity(config: Config, name: str, path: str = "a.yaml") -> Severity | None:
    setting = config.resolve(name, path=path)
    return setting.severity if setting.enabled else None


def test_without_a_file_the_defaults_hold(load: Load) -> None:
    config = load({})
    assert (config.profile, config.fail_on, config.baseline, config.jobs) == (
        "recommended",
        "error",
        "",
        "auto",
    )
    assert _severity(config, "readiness-probe-missing") is Severity.WARNING


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".archlint.yaml", "fail-on: info\n"),
        (".archlint.yml", "fail-on: info\n"),
        ("pyproject.toml", '[tool.archlint]\nfail-on = "info"\n'),
    ],
)
def test_each_kind_of_file_is_found_from_below(load: Load, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "deep" / "down").mkdir(parents=True)
    config = load({name: text}, start=tmp_path / "deep" / "down")
    assert config.fail_on == "info"
    assert config.origins["fail-on"] == name


def test_nothing_is_read_above_the_root(tmp_path: Path) -> None:
    (tmp_path / ".archlint.yaml").write_text("fail-on: info\n")
    (tmp_path / "project").mkdir()
    assert load_config(tmp_path / "project", Registry.load()).fail_on == "error"


def test_the_command_line_wins_over_the_file_over_what_it_extends(load: Load) -> None:
    files = {
        "base.yaml": "profile: all\nfail-on: info\njobs: 1\nrules: {readiness-probe-missing: error, shared-database: info}\n",
        ".archlint.yaml": "extends: base.yaml\nfail-on: warning\nrules: {shared-database: off}\n",
    }
    config = load(files, cli=CliOverrides(fail_on="never"))
    assert (config.profile, config.fail_on, config.jobs) == ("all", "never", "1")
    assert config.origins == {
        "profile": "base.yaml",
        "fail-on": "command line",
        "jobs": "base.yaml",
    }
    assert _severity(config, "readiness-probe-missing") is Severity.ERROR
    assert _severity(config, "shared-database") is None
    config = load(files, cli=CliOverrides(select=("shared-database",)))
    assert _severity(config, "shared-database") is Severity.INFO
    assert _severity(config, "readiness-probe-missing") is None


def test_the_last_of_several_extended_files_wins_and_a_diamond_is_no_circle(load: Load) -> None:
    config = load(
        {
            ".archlint.yaml": "extends: [parts/one.yaml, parts/two.yaml]\n",
            "parts/one.yaml": "extends: common.yaml\nfail-on: warning\n",
            "parts/two.yaml": "extends: common.yaml\nfail-on: info\n",
            "parts/common.yaml": "fail-on: never\nprofile: strict\n",
        }
    )
    assert (config.fail_on, config.profile) == ("info", "strict")


def test_an_explicit_file_elsewhere_is_the_operators(load: Load, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "company.yaml").write_text("extends: more.yaml\nfail-on: info\n")
    (tmp_path / "more.yaml").write_text("profile: all\n")
    (project / ".archlint.yaml").write_text("fail-on: never\n")
    config = load_config(project, Registry.load(), explicit=tmp_path / "company.yaml")
    assert (config.profile, config.fail_on) == ("all", "info")


def test_names_in_an_explicit_file_start_from_its_folder(load: Load, tmp_path: Path) -> None:
    files = {"ci/lint.yaml": "extends: more.yaml\nbaseline: known.json\n", "ci/more.yaml": "profile: all\n"}
    config = load(files, explicit=tmp_path / "ci" / "lint.yaml")
    assert (config.profile, config.baseline) == ("all", "ci/known.json")
    assert config.origins["profile"] == "ci/more.yaml"


def test_overrides_by_path_and_by_service(load: Load) -> None:
    config = _yaml(
        load,
        "rules: {readiness-probe-missing: error}\n"
        "overrides:\n"
        "- {paths: [legacy/], ignore: resilience, rules: {api-unversioned: {severity: info, strategy: path}}}\n"
        "- {services: ['legacy-*'], rules: {shared-database: off}}\n",
    )
    assert _severity(config, "readiness-probe-missing", "k8s/a.yaml") is Severity.ERROR
    assert config.resolve("api-unversioned", path="legacy/b.yaml").severity is Severity.INFO
    assert config.resolve("shared-database", path="a.yaml").enabled
    assert not config.resolve("shared-database", path="a.yaml", services=("legacy-orders",)).enabled
    assert config.resolve("shared-database", path="a.yaml", services=("orders",)).enabled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profil: all\n", "1:1: there is no setting `profil`, did you mean `profile`?"),
        ("select: api\nprofile: strikt\n", "2:10: `profile` is `strikt`"),
        (
            "rules:\n  readiness-probe-mising: off\n",
            "2:3: there is no rule `readiness-probe-mising`, did you mean `readiness-probe-missing`?",
        ),
        ("rules:\n  readiness-probe-missing: loud\n", "2:28: `loud` is not a severity"),
        ("rules:\n  readiness-probe-missing: {severity: loud}\n", "2:39: `loud` is not a severity"),
        (
            "rules:\n  readiness-probe-missing: {sevrity: info}\n",
            "2:29: `readiness-probe-missing` has no option `sevrity`",
        ),
        ("rules: [readiness-probe-missing]\n", "1:8: `rules` is not a mapping of rule ids"),
        ("select: [api, evnts]\n", "1:15: there is no rule or category `evnts`, did you mean `events`?"),
        ("ignore: 3\n", "1:9: `ignore` is not a list of texts"),
        ("jobs: 0\n", "1:7: `jobs` is `0`, not a number from 1 or `auto`"),
        ("jobs: true\n", "1:7: `jobs` is `True`"),
        ("baseline: [a]\n", "1:11: `baseline` is not the name of a file"),
        ("baseline: ../known.json\n", "1:11: `../known.json` is outside the project root"),
        ("baseline: /etc/passwd\n", "1:11: `/etc/passwd` is outside the project root"),
        ("extends: ../other.yaml\n", "1:10: `../other.yaml` is outside the project root"),
        ("extends: [missing.yaml]\n", "1:11: `missing.yaml` does not exist"),
        ("extends: [3]\n", "1:11: `extends` is not the name of a file"),
        ("extends: .archlint.yaml\n", "1:10: `.archlint.yaml` extends itself"),
        ("extends: 'package:acme'\n", "1:10: no installed plugin offers `acme`"),
        ("rule-files: ../rules\n", "1:13: `../rules` is outside the project root"),
        ("rule-files: [rules]\n", "1:14: `rules` does not exist"),
        ("overrides: {}\n", "1:12: `overrides` is not a list"),
        ("overrides: [{rules: {}}]\n", "1:13: an override names neither `paths` nor `services`"),
        (
            "overrides: [{path: a}]\n",
            "1:14: there is no setting `path` in an override, did you mean `paths`?",
        ),
        ("- a\n", "1:1: the configuration is not a mapping"),
        ("a: [\n", ""),
        ("'': 1\n", "1:1: there is no setting ``"),
    ],
)
def test_mistakes_are_said_with_their_place(load: Load, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _yaml(load, text)
    assert str(caught.value).startswith((".archlint.yaml:" + message) if message else ".archlint.yaml:")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.archlint]\nprofil = 'all'\n", "pyproject.toml:2:1: there is no setting `profil`"),
        (
            "[tool.archlint.rules]\nreadiness-probe-mising = 'off'\n",
            "pyproject.toml:2:1: there is no rule `readiness-probe-mising`",
        ),
        ("[tool.archlint]\na = [\n", "pyproject.toml:"),
        ("[tool]\narchlint = 1\n# [tool.archlint]\n", "pyproject.toml:1:1: `tool.archlint` is not a table"),
    ],
)
def test_mistakes_in_toml_are_said_with_their_place(load: Load, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load({"pyproject.toml": text})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("cli", "message"),
    [
        (CliOverrides(profile="strikt"), "there is no profile `strikt`"),
        (CliOverrides(select=("apii",)), "there is no rule or category `apii`, did you mean `api`?"),
        (CliOverrides(ignore=("apii",)), "there is no rule or category `apii`, did you mean `api`?"),
    ],
)
def test_mistakes_of_the_command_line(load: Load, cli: CliOverrides, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load({}, cli=cli)
    assert str(caught.value).startswith(message)


def test_a_link_out_of_the_project_is_not_followed(load: Load, tmp_path: Path) -> None:
    outside = tmp_path / "secret.yaml"
    outside.write_text("profile: all\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.yaml").symlink_to(outside)
    (project / ".archlint.yaml").write_text("extends: link.yaml\n")
    with pytest.raises(ConfigError, match="outside the project root"):
        load_config(project, Registry.load())


def test_a_special_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".archlint.yaml")
    assert load_config(tmp_path, Registry.load()).profile == "recommended"


def test_the_schema_agrees_with_what_is_accepted(load: Load, registry: Registry) -> None:
    schema = configuration_schema(registry)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    good: list[dict[str, object]] = [
        {},
        {
            "profile": "strict",
            "select": "api",
            "ignore": ["readiness-probe-missing"],
            "fail-on": "never",
            "jobs": "auto",
        },
        {"jobs": 2, "exclude": ["a/**"], "complete": ".", "baseline": "b.json"},
        {"rules": {"readiness-probe-missing": "off", "shared-database": {"severity": "info"}}},
        {
            "overrides": [
                {"paths": "legacy/", "ignore": "all"},
                {"services": ["a"], "rules": {"token-in-url": "info"}},
            ]
        },
    ]
    bad: list[dict[str, object]] = [
        {"profil": "strict"},
        {"jobs": 0},
        {"select": ["nothing"]},
        {"rules": {"nothing": "off"}},
        {"rules": {"readiness-probe-missing": "loud"}},
        {"overrides": [{"ignore": "all"}]},
        {"fail-on": "maybe"},
    ]

    for data in good:
        assert validator.is_valid(data), data
        _yaml(load, json.dumps(data))
    for data in bad:
        assert not validator.is_valid(data), data
        with pytest.raises(ConfigError):
            _yaml(load, json.dumps(data))


def test_every_option_of_every_rule_is_in_the_schema(registry: Registry) -> None:

    properties = configuration_schema(registry)["properties"]["rules"]["properties"]
    assert set(properties) == set(registry.rules)
    for name, rule in registry.rules.items():
        known = properties[name]["anyOf"][1]["properties"]
        assert {field.encode_name for field in msgspec.structs.fields(rule.options)} | {"severity"} == set(
            known
        )


def test_settings_say_where_they_come_from(load: Load) -> None:
    config = load(
        {
            "base.yaml": "profile: all\n",
            ".archlint.yaml": "extends: base.yaml\nrules: {readiness-probe-missing: info}\n",
        },
        cli=CliOverrides(fail_on="never"),
    )
    found = settings_of(config)
    assert found["settings"]["profile"] == ("all", "base.yaml")
    assert found["settings"]["fail-on"] == ("never", "command line")
    assert found["settings"]["jobs"] == ("auto", "default")
    assert found["rules"]["readiness-probe-missing"] == ("info", ".archlint.yaml")
    assert found["rules"]["shared-database"][1] == "default"


@pytest.mark.parametrize(
    ("pattern", "path", "wanted"),
    [
        ("a", "a/b.yaml", True),
        ("a/", "a/b.yaml", True),
        ("a/**", "a/b/c.yaml", True),
        ("**/b", "a/b/c.yaml", True),
        ("**/b", "b/c.yaml", True),
        ("**/*.yaml", "c.yaml", True),
        ("*.yaml", "a/c.yaml", False),
        ("a/*.yaml", "a/b/c.yaml", False),
        ("a/**/c.yaml", "a/c.yaml", True),
        ("a/**/c.yaml", "a/x/y/c.yaml", True),
        (".", "a.yaml", True),
        ("**", "a.yaml", True),
        ("b", "a/b.yaml", False),
    ],
)
def test_globs(pattern: str, path: str, wanted: bool) -> None:  # noqa: FBT001 - a table
    assert glob_matches(path, pattern) is wanted


def test_globs_agree_with_trying_every_way() -> None:
    def slow(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
        if not pattern:
            return not parts
        if pattern[0] == "**":
            return any(slow(parts[cut:], pattern[1:]) for cut in range(len(parts) + 1))
        return bool(parts) and fnmatchcase(parts[0], pattern[0]) and slow(parts[1:], pattern[1:])

    chosen = random.Random(1)
    paths = [path for size in (1, 2, 3) for path in product("ab", repeat=size)]
    for _ in range(500):
        pattern = tuple(chosen.choices(("a", "b", "*", "**"), k=chosen.randrange(1, 5)))
        bare = pattern[:-1] if pattern[-1] == "**" and len(pattern) > 1 else pattern
        for path in paths:
            wanted = any(slow(path[:length], bare) for length in range(1, len(path) + 1)) or bare == ("**",)
            assert glob_matches("/".join(path), "/".join(pattern)) is wanted, (path, pattern)


def test_a_hostile_glob_takes_no_time() -> None:
    assert not glob_matches("/".join("a" * 60), "/".join(["**", "a"] * 30) + "/b")


def test_resolving_remembers(registry: Registry) -> None:
    config = Config(registry.rules, layers=(Layer(paths=("legacy",), ignore=("all",)),))
    assert config.resolve("readiness-probe-missing", path="a") is config.resolve(
        "readiness-probe-missing", path="b"
    )
    assert not config.resolve("readiness-probe-missing", path="legacy/a").enabled


def test_the_overrides_of_a_plugins_profile_hold(tmp_path: Path) -> None:
    registry = Registry.load()
    registry.profiles = {
        "acme": {
            "rules": {"shared-database": "error"},
            "overrides": [{"paths": ["dev/**"], "rules": {"shared-database": "off"}}],
        }
    }
    config = load_config(tmp_path, registry, cli=CliOverrides(profile="acme"))
    assert config.resolve("shared-database", path="app/a.yaml").enabled
    assert not config.resolve("shared-database", path="dev/a.yaml").enabled
