"""Where the configuration comes from: `.archlint.yaml` or `[tool.archlint]`, what it extends, and the command line.

Nothing in it can load code, read outside the project root, write, or use the network: it chooses rules, and no more.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archlint.config.extend import chain_of, profile_file
from archlint.config.file import ConfigFile, find_config, read_config
from archlint.config.model import COMMAND_LINE, Config, Layer, RuleChange
from archlint.errors import ConfigError, hint
from archlint.findings.severity import Severity
from archlint.plugins.registry import Registry
from archlint.rule.rule import PROFILES, Rule
from archlint.source.files import FileRefused, inside, read_bytes
from archlint.source.pointer import Pointer
from archlint.source.source import Source

KEYS = (
    "extends", "profile", "select", "ignore", "rules", "exclude", "overrides", "complete", "fail-on", "baseline", "jobs", "rule-files",
)  # fmt: skip
"""The keys of the configuration."""

OVERRIDE_KEYS = ("paths", "services", "select", "ignore", "rules")
SEVERITIES = ("error", "warning", "info", "off")
FAIL_ON = ("error", "warning", "info", "never")


@dataclass(frozen=True, slots=True)
class CliOverrides:
    """What the command line says; it wins over every file."""

    profile: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: str | None = None
    baseline: str | None = None
    jobs: str | None = None
    aggregate: bool = True
    today: str | None = None


def load_config(
    root: Path,
    registry: Registry,
    *,
    start: Path | None = None,
    explicit: Path | None = None,
    cli: CliOverrides | None = None,
) -> Config:
    """Return the configuration of the project at *root*: the *explicit* file, or the one found from *start* upwards.

    Raise `ConfigError` with path, line and column for whatever it does not understand.
    """
    cli = cli or CliOverrides()
    found = explicit or find_config(start or root, root)
    config = Config(registry.rules)
    layers: list[Layer] = []
    if found is not None:
        within = inside(os.path.realpath(root), str(found))
        top = root if within else found.resolve().parent
        chain = chain_of(read_config(found, top), top, registry)
        for file in chain:
            if "rule-files" in file.data:
                config.rule_files = (*config.rule_files, *_rule_files(file, root))
                config.origins["rule-files"] = file.path
        registry.add(load_rule_files(root, config.rule_files, registry))
        for file in chain:
            layers.extend(_apply(file, config, registry, root))
    config.layers = tuple(layers)
    _apply_cli(cli, config, registry)
    _apply_profile(config, registry)
    return config


def _rule_files(file: ConfigFile, root: Path) -> Iterator[str]:
    """Yield the rule files that *file* names, relative to *root*: files, and folders of YAML files."""
    top = os.path.realpath(root)
    for index, name in enumerate(_texts(file, file.data.get("rule-files", ()), "rule-files")):
        path = Path(os.path.normpath(os.path.join(file.folder, name)))
        if not inside(top, str(path)):
            raise file.error(f"`{name}` is outside the project root", "rule-files", index)
        if not path.exists():
            raise file.error(f"`{name}` does not exist", "rule-files", index)
        found = (
            sorted(item for item in path.rglob("*") if item.suffix in {".yaml", ".yml"})
            if path.is_dir()
            else [path]
        )
        yield from (os.path.relpath(item, top).replace(os.sep, "/") for item in found)


def load_rule_files(root: Path, names: tuple[str, ...], registry: Registry) -> list[Rule]:
    """Return the declarative rules in the files *names*, relative to *root*; raise `ConfigError`."""
    if not names:
        return []
    from archlint.rule.declarative import load_rule  # noqa: PLC0415

    rules: list[Rule] = []
    for name in names:
        try:
            raw = read_bytes(os.path.realpath(root), name)
        except FileRefused as error:
            raise ConfigError(f"the rule file cannot be read: {error}", path=name) from None
        for rule in load_rule(Source(name, raw), registry.subjects):
            known = registry.rules.get(rule.id) or next((item for item in rules if item.id == rule.id), None)
            if known is not None and (known.module != name or known in rules):
                raise ConfigError(
                    f"there is a rule `{rule.id}` already, in `{known.module}`", path=name, line=1, column=1
                )
            rules.append(rule)
    return rules


def _apply(file: ConfigFile, config: Config, registry: Registry, root: Path) -> list[Layer]:
    data = file.data
    for key in data:
        if key not in KEYS:
            raise file.error(f"there is no setting `{key}`{hint(key, KEYS)}", key, on_key=True)
    _set(file, config, "profile", (*PROFILES, *registry.profiles), "profile")
    _set(file, config, "fail-on", FAIL_ON, "fail_on")
    for key, name in (("exclude", "exclude"), ("complete", "complete")):
        if key in data:
            setattr(config, name, (*getattr(config, name), *_texts(file, data[key], key)))
            config.origins[key] = file.path
    if "jobs" in data:
        config.jobs = _jobs(file, data["jobs"])
        config.origins["jobs"] = file.path
    if "baseline" in data:
        config.baseline = _inside(file, data["baseline"], root)
        config.origins["baseline"] = file.path
    return _layers(file, registry)


def _layers(file: ConfigFile, registry: Registry) -> list[Layer]:
    """Return what *file* says of rules, and over it what its overrides say."""
    layers = [_layer(file, file.data, (), registry)]
    overrides = file.data.get("overrides", [])
    if not isinstance(overrides, list):
        raise file.error("`overrides` is not a list", "overrides")
    for index, override in enumerate(overrides):
        if not isinstance(override, dict):
            raise file.error("an override is not a mapping", "overrides", index)
        for key in override:
            if key not in OVERRIDE_KEYS:
                raise file.error(
                    f"there is no setting `{key}` in an override{hint(key, OVERRIDE_KEYS)}",
                    "overrides",
                    index,
                    key,
                    on_key=True,
                )
        if not override.get("paths") and not override.get("services"):
            raise file.error("an override names neither `paths` nor `services`", "overrides", index)
        layers.append(_layer(file, override, ("overrides", index), registry))
    return layers


def _jobs(file: ConfigFile, value: Any) -> str:
    if value != "auto" and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise file.error(f"`jobs` is `{value}`, not a number from 1 or `auto`", "jobs")
    return str(value)


def _inside(file: ConfigFile, value: Any, root: Path) -> str:
    """Return the baseline that *file* names, relative to *root*, which it may not leave."""
    top = os.path.realpath(root)
    if not isinstance(value, str) or not value:
        raise file.error("`baseline` is not the name of a file", "baseline")
    path = os.path.normpath(os.path.join(file.folder, value))
    if not inside(top, path):
        raise file.error(f"`{value}` is outside the project root", "baseline")
    return os.path.relpath(os.path.realpath(path), top)


def _set(file: ConfigFile, config: Config, key: str, allowed: tuple[str, ...], name: str) -> None:
    if key not in file.data:
        return
    value = file.data[key]
    if value not in allowed:
        raise file.error(
            f"`{key}` is `{value}`, not one of {_listed(allowed)}{hint(str(value), allowed)}", key
        )
    setattr(config, name, value)
    config.origins[key] = file.path


def _layer(file: ConfigFile, data: Mapping[str, Any], keys: Pointer, registry: Registry) -> Layer:
    rules = data.get("rules", {})
    if not isinstance(rules, dict):
        raise file.error("`rules` is not a mapping of rule ids", *keys, "rules")
    changes = {}
    for name, value in rules.items():
        rule = registry.rules.get(name)
        if rule is None:
            raise file.error(
                f"there is no rule `{name}`{hint(name, registry.rules)}", *keys, "rules", name, on_key=True
            )
        changes[name] = _change(file, rule, value, (*keys, "rules", name))
    select = _chosen(file, data, "select", keys, registry)
    return Layer(
        select=select if "select" in data else None,
        ignore=_chosen(file, data, "ignore", keys, registry),
        rules=changes,
        paths=_texts(file, data.get("paths", ()), *keys, "paths"),
        services=_texts(file, data.get("services", ()), *keys, "services"),
        origin=file.path,
    )


def _change(file: ConfigFile, rule: Rule, value: Any, keys: Pointer) -> RuleChange:
    if isinstance(value, dict):
        options = {name: item for name, item in value.items() if name != "severity"}
        _check_options(file, rule, options, keys)
        severity = value.get("severity")
    else:
        options, severity = {}, value
    if severity is False:
        severity = "off"
    if severity is not None and severity not in SEVERITIES:
        message = f"`{severity}` is not a severity, which is one of {_listed(SEVERITIES)}{hint(str(severity), SEVERITIES)}"
        raise file.error(message, *keys, *(("severity",) if isinstance(value, dict) else ()))
    if severity == "off":
        return RuleChange(enabled=False, options=options, origin=file.path)
    return RuleChange(Severity(severity) if severity else None, True, options, file.path)


def _check_options(file: ConfigFile, rule: Rule, options: dict[str, Any], keys: Pointer) -> None:
    import msgspec  # noqa: PLC0415

    names = [item.encode_name for item in msgspec.structs.fields(rule.options)]
    for name in options:
        if name not in names:
            raise file.error(
                f"`{rule.id}` has no option `{name}`{hint(name, names)}", *keys, name, on_key=True
            )
    try:
        msgspec.convert(options, rule.options)
    except msgspec.ValidationError as error:
        raise file.error(f"`{rule.id}`: {str(error)[:1].lower()}{str(error)[1:]}", *keys) from None


def _chosen(
    file: ConfigFile, data: Mapping[str, Any], key: str, keys: Pointer, registry: Registry
) -> tuple[str, ...]:
    names = _texts(file, data.get(key, ()), *keys, key)
    for index, name in enumerate(names):
        check_name(name, registry, lambda message, index=index: file.error(message, *keys, key, index))
    return names


def check_name(name: str, registry: Registry, error: Any) -> None:
    """Raise `error(message)` when *name* is neither a rule, a category nor `all`."""
    categories = {rule.category for rule in registry.rules.values()}
    if name not in registry.rules and name not in categories and name != "all":
        raise error(f"there is no rule or category `{name}`{hint(name, [*registry.rules, *categories])}")


def _texts(file: ConfigFile, value: Any, *keys: str | int) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(item, str) for item in values):
        raise file.error(f"`{keys[-1]}` is not a list of texts", *keys)
    return tuple(values)


def _apply_cli(cli: CliOverrides, config: Config, registry: Registry) -> None:
    for name in (*cli.select, *cli.ignore):
        check_name(name, registry, ConfigError)
    if cli.select or cli.ignore:
        config.layers = (*config.layers, Layer(cli.select or None, cli.ignore, origin=COMMAND_LINE))
    if cli.profile is not None and cli.profile not in {*PROFILES, *registry.profiles}:
        names = (*PROFILES, *registry.profiles)
        raise ConfigError(
            f"there is no profile `{cli.profile}`, it is one of {_listed(names)}{hint(cli.profile, names)}"
        )
    for name in ("profile", "fail_on", "baseline", "jobs", "today"):
        value = getattr(cli, name)
        if value is not None:
            setattr(config, name, value)
            config.origins[name.replace("_", "-")] = COMMAND_LINE
    config.exclude = (*config.exclude, *cli.exclude)
    config.aggregate = cli.aggregate


def _apply_profile(config: Config, registry: Registry) -> None:
    """Put the rules of a plugin's profile below those of the files."""
    if config.profile not in registry.profiles:
        return
    chain = chain_of(profile_file(config.profile, registry), Path(), registry)
    config.layers = (*(layer for file in chain for layer in _layers(file, registry)), *config.layers)
    config.profile = next(
        (file.data["profile"] for file in reversed(chain) if "profile" in file.data), PROFILES[0]
    )


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
