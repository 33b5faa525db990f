"""The configuration as the engine sees it: what is asked of it per rule and file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from archlint.findings.severity import Severity
from archlint.rule.rule import PROFILES, Options, Rule


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """How a rule runs somewhere: at all, how loud, with which options.

    `explicit` tells that a user set the severity, so that it replaces what the rule says of single problems.
    """

    enabled: bool
    severity: Severity
    options: Options
    explicit: bool = False


@dataclass
class Config:
    """What the user wants, from all sources together. See `load_config` in `archlint.config.load`."""

    rules: Mapping[str, Rule]
    profile: str = "recommended"
    today: str = field(default_factory=lambda: datetime.now(tz=UTC).date().isoformat())
    aggregate: bool = True
    settings: dict[str, RuleSetting] = field(default_factory=dict)

    def may_run(self, rule_id: str) -> bool:
        """Tell whether the rule runs for any file at all."""
        return self.resolve(rule_id, path="").enabled

    def resolve(self, rule_id: str, *, path: str, services: tuple[str, ...] = ()) -> RuleSetting:
        """Return how the rule runs for *path* and, for graph findings, for *services*."""
        del path, services
        if rule_id not in self.settings:
            rule = self.rules[rule_id]
            in_profile = PROFILES.index(rule.profile) <= PROFILES.index(self.profile)
            self.settings[rule_id] = RuleSetting(in_profile, rule.severity, rule.options())
        return self.settings[rule_id]

    def is_complete(self, path: str) -> bool:
        """Tell whether the scope of *path* is declared complete (closed world)."""
        del path
        return False

    def digest(self) -> Any:
        """Return a text that changes when anything changes that single documents are checked with."""
        return (self.profile, self.today, self.aggregate)
