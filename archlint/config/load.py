"""Where the configuration comes from: `.archlint.yaml` or `[tool.archlint]`, what it extends, and the command line.

Nothing in it can load code, read outside the project root, write, or use the network: it chooses rules, and no more.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from archlint.config.model import Config, Layer, RuleChange
from archlint.errors import ConfigError
from archlint.findings.severity import Severity
from archlint.plugins.registry import Registry
from archlint.rule.rule import PROFILES, Rule
from archlint.source.document import Document
from archlint.source.files import FileRefused, inside, read_bytes
from archlint.source.parse import parse
from archlint.source.pointer import Pointer
from archlint.source.source import Source

FILES = (".archlint.yaml", ".archlint.yml")
KEYS = (
    "extends", "profile", "select", "ignore", "rules", "exclude", "overrides", "complete", "fail-on", "baseline", "jobs", "rule-files",
)  # fmt: skip
"""The keys of the configuration."""

OVERRIDE_KEYS = ("paths", "services", "select", "ignore", "rules")
SEVERITIES = ("error", "warning", "info", "off")
FAIL_ON = ("error", "warning", "info", "never")
_MOST_EXTENDS = 16


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


@dataclass
class _File:
    """A configuration file as plain data, with the places of its values."""

    path: str
    data: dict[str, Any]
    document: Document | None
    lines: list[str] = field(default_factory=list)

    def error(self, message: str, *keys: str | int, on_key: bool = False) -> ConfigError:
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
        top = explicit.resolve().parent if explicit is not None else root
        chain = _chain(_read(found, top), top, registry)
        for file in chain:
            layers.extend(_apply(file, config, registry))
    config.layers = tuple(layers)
    _apply_cli(cli, config, registry)
    _apply_profile(config, registry)
    return config


def _read(path: Path, root: Path) -> _File:
    top = os.path.realpath(root)
    name = os.path.relpath(path, top)
    try:
        raw = read_bytes(top, name) if inside(top, str(path)) else path.read_bytes()
    except (FileRefused, OSError) as error:
        raise ConfigError(f"the configuration cannot be read: {error}", path=str(path)) from None
    source = Source(name.replace(os.sep, "/"), raw)
    if path.suffix == ".toml":
        return _read_toml(source)
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
    return _File(source.path, data, document)


def _read_toml(source: Source) -> _File:
    import tomllib  # noqa: PLC0415

    try:
        data = tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), path=source.path) from None
    section = data.get("tool", {}).get("archlint", {}) if path_is_pyproject(source.path) else data
    return _File(source.path, section, None, source.lines)


def path_is_pyproject(path: str) -> bool:
    """Tell whether *path* is a `pyproject.toml`, of which only one table is ours."""
    return path.rpartition("/")[2] == "pyproject.toml"


def _chain(file: _File, root: Path, registry: Registry) -> list[_File]:
    """Return *file* and what it extends, the farthest first."""
    chain = [file]
    pending = [file]
    seen = {file.path}
    while pending:
        current = pending.pop()
        extends = current.data.get("extends", [])
        for index, name in enumerate(extends if isinstance(extends, list) else [extends]):
            keys = ("extends", index) if isinstance(extends, list) else ("extends",)
            if not isinstance(name, str):
                raise current.error("`extends` is not a text", *keys)
            other = _extended(current, name, keys, root, registry)
            if other.path in seen or len(chain) > _MOST_EXTENDS:
                raise current.error(f"`{name}` extends itself", *keys)
            seen.add(other.path)
            chain.insert(0, other)
            pending.append(other)
    return chain


def _extended(file: _File, name: str, keys: Pointer, root: Path, registry: Registry) -> _File:
    if name.startswith("package:"):
        profile = name.removeprefix("package:")
        if profile not in registry.profiles:
            raise file.error(
                f"no installed plugin offers `{profile}`{_hint(profile, registry.profiles)}", *keys
            )
        return _File(name, dict(registry.profiles[profile]), None)
    base = os.path.dirname(os.path.join(os.path.realpath(root), file.path))
    path = Path(os.path.normpath(os.path.join(base, name)))
    if not inside(os.path.realpath(root), str(path)):
        raise file.error(f"`{name}` is outside the project root", *keys)
    if not path.is_file():
        raise file.error(f"`{name}` does not exist", *keys)
    return _read(path, root)


def _apply(file: _File, config: Config, registry: Registry) -> list[Layer]:
    data = file.data
    for key in data:
        if key not in KEYS:
            raise file.error(f"there is no setting `{key}`{_hint(key, KEYS)}", key, on_key=True)
    _set(file, config, "profile", (*PROFILES, *registry.profiles), "profile")
    _set(file, config, "fail-on", FAIL_ON, "fail_on")
    for key, name in (("exclude", "exclude"), ("complete", "complete")):
        if key in data:
            setattr(config, name, (*getattr(config, name), *_texts(file, data[key], key)))
            config.origins[key] = file.path
    for key in ("baseline", "jobs"):
        if key in data:
            setattr(config, key, str(data[key]))
            config.origins[key] = file.path
    layers = [_layer(file, data, (), registry)]
    overrides = data.get("overrides", [])
    if not isinstance(overrides, list):
        raise file.error("`overrides` is not a list", "overrides")
    for index, override in enumerate(overrides):
        if not isinstance(override, dict):
            raise file.error("an override is not a mapping", "overrides", index)
        for key in override:
            if key not in OVERRIDE_KEYS:
                raise file.error(
                    f"there is no setting `{key}` in an override{_hint(key, OVERRIDE_KEYS)}",
                    "overrides",
                    index,
                    key,
                    on_key=True,
                )
        if not override.get("paths") and not override.get("services"):
            raise file.error("an override names neither `paths` nor `services`", "overrides", index)
        layers.append(_layer(file, override, ("overrides", index), registry))
    return layers


def _set(file: _File, config: Config, key: str, allowed: tuple[str, ...], name: str) -> None:
    if key not in file.data:
        return
    value = file.data[key]
    if value not in allowed:
        raise file.error(
            f"`{key}` is `{value}`, not one of {_listed(allowed)}{_hint(str(value), allowed)}", key
        )
    setattr(config, name, value)
    config.origins[key] = file.path


def _layer(file: _File, data: Mapping[str, Any], keys: Pointer, registry: Registry) -> Layer:
    rules = data.get("rules", {})
    if not isinstance(rules, dict):
        raise file.error("`rules` is not a mapping of rule ids", *keys, "rules")
    changes = {}
    for name, value in rules.items():
        rule = registry.rules.get(name)
        if rule is None:
            raise file.error(
                f"there is no rule `{name}`{_hint(name, registry.rules)}", *keys, "rules", name, on_key=True
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


def _change(file: _File, rule: Rule, value: Any, keys: Pointer) -> RuleChange:
    if isinstance(value, dict):
        options = {name: item for name, item in value.items() if name != "severity"}
        _check_options(file, rule, options, keys)
        severity = value.get("severity")
    else:
        options, severity = {}, value
    if severity is False:
        severity = "off"
    if severity is not None and severity not in SEVERITIES:
        message = f"`{severity}` is not a severity, which is one of {_listed(SEVERITIES)}{_hint(str(severity), SEVERITIES)}"
        raise file.error(message, *keys, *(("severity",) if isinstance(value, dict) else ()))
    if severity == "off":
        return RuleChange(enabled=False, options=options, origin=file.path)
    return RuleChange(Severity(severity) if severity else None, True, options, file.path)


def _check_options(file: _File, rule: Rule, options: dict[str, Any], keys: Pointer) -> None:
    import msgspec  # noqa: PLC0415

    names = [item.encode_name for item in msgspec.structs.fields(rule.options)]
    for name in options:
        if name not in names:
            raise file.error(
                f"`{rule.id}` has no option `{name}`{_hint(name, names)}", *keys, name, on_key=True
            )
    try:
        msgspec.convert(options, rule.options)
    except msgspec.ValidationError as error:
        raise file.error(f"`{rule.id}`: {str(error)[:1].lower()}{str(error)[1:]}", *keys) from None


def _chosen(
    file: _File, data: Mapping[str, Any], key: str, keys: Pointer, registry: Registry
) -> tuple[str, ...]:
    names = _texts(file, data.get(key, ()), *keys, key)
    for index, name in enumerate(names):
        check_name(name, registry, lambda message, index=index: file.error(message, *keys, key, index))
    return names


def check_name(name: str, registry: Registry, error: Any) -> None:
    """Raise `error(message)` when *name* is neither a rule, a category nor `all`."""
    categories = {rule.category for rule in registry.rules.values()}
    if name not in registry.rules and name not in categories and name != "all":
        raise error(f"there is no rule or category `{name}`{_hint(name, [*registry.rules, *categories])}")


def _texts(file: _File, value: Any, *keys: str | int) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(item, str) for item in values):
        raise file.error(f"`{keys[-1]}` is not a list of texts", *keys)
    return tuple(values)


def _apply_cli(cli: CliOverrides, config: Config, registry: Registry) -> None:
    for name in (*cli.select, *cli.ignore):
        check_name(name, registry, ConfigError)
    if cli.select or cli.ignore:
        config.layers = (*config.layers, Layer(cli.select or None, cli.ignore, origin="command line"))
    if cli.profile is not None and cli.profile not in {*PROFILES, *registry.profiles}:
        names = (*PROFILES, *registry.profiles)
        raise ConfigError(
            f"there is no profile `{cli.profile}`, it is one of {_listed(names)}{_hint(cli.profile, names)}"
        )
    for name in ("profile", "fail_on", "baseline", "jobs", "today"):
        value = getattr(cli, name)
        if value is not None:
            setattr(config, name, value)
            config.origins[name.replace("_", "-")] = "command line"
    config.exclude = (*config.exclude, *cli.exclude)
    config.aggregate = cli.aggregate


def _apply_profile(config: Config, registry: Registry) -> None:
    """Put the rules of a plugin's profile below those of the files."""
    choice = registry.profiles.get(config.profile)
    if choice is None:
        return
    file = _File(f"profile {config.profile}", dict(choice), None)
    base = choice.get("extends", "recommended")
    config.layers = (_layer(file, choice, (), registry), *config.layers)
    config.profile = base if base in PROFILES else "recommended"


def _hint(name: str, names: Any) -> str:
    close = get_close_matches(name, list(names), 1)
    return f", did you mean `{close[0]}`?" if close else ""


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
