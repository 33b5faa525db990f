"""What the configuration comes to, and where each value comes from."""

from typing import Any

from archlint.config.model import Config
from archlint.rule.rule import PROFILES

DEFAULT = "default"


def settings_of(config: Config, path: str = "") -> dict[str, dict[str, tuple[Any, str]]]:
    """Return `settings` and `rules`: name to value and origin, as they hold for *path* (empty: everywhere).

    The value of a rule is its severity or `off`; with options that differ from the defaults, an object as in the configuration.
    """
    settings = {
        "profile": config.profile,
        "fail-on": config.fail_on,
        "exclude": list(config.exclude),
        "complete": list(config.complete),
        "baseline": config.baseline,
        "jobs": config.jobs,
        "rule-files": list(config.rule_files),
    }
    return {
        "settings": {name: (value, config.origins.get(name, DEFAULT)) for name, value in settings.items()},
        "rules": {name: (_value(config, name, path), _origin(config, name, path)) for name in config.rules},
    }


def _value(config: Config, name: str, path: str) -> Any:
    import msgspec  # noqa: PLC0415

    setting = config.resolve(name, path=path)
    severity = str(setting.severity) if setting.enabled else "off"
    given = msgspec.to_builtins(setting.options)
    default = msgspec.to_builtins(config.rules[name].options())
    options = {key: value for key, value in given.items() if value != default.get(key)}
    return {"severity": severity, **options} if options else severity


def _origin(config: Config, name: str, path: str) -> str:
    """Return the last part of the configuration that speaks of the rule."""
    rule = config.rules[name]
    names = {rule.id, rule.category, "all"}
    for layer in reversed(config.layers):
        if layer.matches(path, ()) and (
            name in layer.rules or names & set(layer.ignore) or layer.select is not None
        ):
            return layer.origin or DEFAULT
    if rule.profile == PROFILES[0]:
        return DEFAULT
    return config.origins.get("profile", DEFAULT)
