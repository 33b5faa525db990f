"""The configuration as the engine sees it: what is asked of it per rule and file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from archlint.findings.severity import Severity
from archlint.rule.rule import PROFILES, Options, Rule

COMMAND_LINE = "command line"
"""The origin of what the command line says."""


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """How a rule runs somewhere: at all, how loud, with which options.

    `explicit` tells that a user set the severity, so that it replaces what the rule says of single problems.
    """

    enabled: bool
    severity: Severity
    options: Options
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What a part of the configuration says of one rule; `None` where it says nothing. `origin` is where, for people."""

    severity: Severity | None = None
    enabled: bool | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One part of the configuration: everywhere, or for the files and services that match.

    `select` and `ignore` hold rule ids, categories and `all`. A file matches when one of the glob patterns does.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    rules: Mapping[str, RuleChange] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    origin: str = ""

    def matches(self, path: str, services: tuple[str, ...]) -> bool:
        """Tell whether the layer holds for *path* and *services*; one without patterns holds everywhere."""
        if self.paths and not any(glob_matches(path, pattern) for pattern in self.paths):
            return False
        return not self.services or any(
            fnmatchcase(name, pattern) for name in services for pattern in self.services
        )


@dataclass
class Config:
    """What the user wants, from all sources together, the later of `layers` over the earlier. Made by `load_config`.

    `values` and `origins` hold the settings that are not about single rules, and where each comes from.
    """

    rules: Mapping[str, Rule]
    profile: str = "recommended"
    layers: tuple[Layer, ...] = ()
    exclude: tuple[str, ...] = ()
    complete: tuple[str, ...] = ()
    rule_files: tuple[str, ...] = ()
    fail_on: str = "error"
    baseline: str = ""
    jobs: str = "auto"
    aggregate: bool = True
    today: str = field(default_factory=lambda: datetime.now(tz=UTC).date().isoformat())
    origins: dict[str, str] = field(default_factory=dict)
    _settings: dict[tuple[str, tuple[bool, ...]], RuleSetting] = field(default_factory=dict, repr=False)
    _matches: dict[tuple[str, tuple[str, ...]], tuple[bool, ...]] = field(default_factory=dict, repr=False)

    def may_run(self, rule_id: str) -> bool:
        """Tell whether the rule runs for any file at all."""
        everywhere = tuple(not (layer.paths or layer.services) for layer in self.layers)
        if self._resolve(rule_id, everywhere).enabled:
            return True
        return any(
            (layer.paths or layer.services)
            and self._resolve(rule_id, (*everywhere[:index], True, *everywhere[index + 1 :])).enabled
            for index, layer in enumerate(self.layers)
        )

    def resolve(self, rule_id: str, *, path: str, services: tuple[str, ...] = ()) -> RuleSetting:
        """Return how the rule runs for *path* and, for graph findings, for *services*."""
        key = (path, services)
        matched = self._matches.get(key)
        if matched is None:
            matched = self._matches[key] = tuple(layer.matches(path, services) for layer in self.layers)
        return self._resolve(rule_id, matched)

    def _resolve(self, rule_id: str, matched: tuple[bool, ...]) -> RuleSetting:
        known = self._settings.get((rule_id, matched))
        if known is None:
            known = self._settings[rule_id, matched] = self._setting(self.rules[rule_id], matched)
        return known

    def _setting(self, rule: Rule, matched: tuple[bool, ...]) -> RuleSetting:
        profile = self.profile if self.profile in PROFILES else "recommended"
        enabled = PROFILES.index(rule.profile) <= PROFILES.index(profile)
        always = rule.category == "diagnostics" and enabled
        severity, explicit = rule.severity, False
        options: dict[str, Any] = {}
        names = {rule.id, rule.category, "all"}
        for layer, holds in zip(self.layers, matched, strict=True):
            if not holds:
                continue
            if layer.select is not None:
                enabled = bool(names & set(layer.select)) or always
            if names & set(layer.ignore):
                enabled = False
            change = layer.rules.get(rule.id)
            if change is not None:
                enabled = enabled if change.enabled is None else change.enabled
                options |= change.options
                if change.severity is not None:
                    severity, explicit = change.severity, True
        return RuleSetting(enabled, severity, msgspec.convert(options, rule.options), explicit)

    def is_complete(self, path: str) -> bool:
        """Tell whether the scope of *path* is declared complete (closed world)."""
        return any(glob_matches(path, pattern) for pattern in self.complete)

    @property
    def is_narrowed(self) -> bool:
        """Tell whether the command line chose rules, so that less runs than the project wants."""
        return any(layer.origin == COMMAND_LINE for layer in self.layers)

    def with_rules(self, rules: Mapping[str, Rule]) -> "Config":
        """Return the same configuration for another process's *rules*."""
        return replace(self, rules=rules, _settings={}, _matches={})

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the rules, which are code, and what was computed from them."""
        return {**self.__dict__, "rules": {}, "_settings": {}, "_matches": {}}

    def digest(self) -> str:
        """Return a text that changes when anything changes that single documents are checked with."""
        return repr((self.profile, self.layers, self.complete, self.rule_files, self.aggregate, self.today))


def glob_matches(path: str, pattern: str) -> bool:
    """Tell whether *path*, or a folder above it, matches the glob *pattern*; `**` stands for any number of folders."""
    bare = pattern.rstrip("/").removesuffix("/**")
    if bare in {"", ".", "**"}:
        return True
    return any(_glob(parts, tuple(bare.split("/"))) for parts in _prefixes(path))


def _prefixes(path: str) -> list[tuple[str, ...]]:
    parts = tuple(path.split("/"))
    return [parts[:length] for length in range(1, len(parts) + 1)]


def _glob(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Match from the left, with the set of lengths of *parts* that the pattern so far may have used up."""
    reached = {0}
    for step in pattern:
        if step == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and fnmatchcase(parts[at], step)}
        if not reached:
            return False
    return len(parts) in reached
