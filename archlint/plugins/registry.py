"""What is installed: formats, rules, reporters and profiles, from our plugins and from third parties'."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

import archlint
from archlint.errors import PluginError
from archlint.findings.report import Reporter
from archlint.model.format import Format
from archlint.plugins import hookspecs
from archlint.rule.diagnostics import DIAGNOSTICS
from archlint.rule.rule import Rule

GROUP = "archlint"
"""The group of entry points that plugins use."""

SWITCH = "ARCHLINT_PLUGINS"
"""The environment variable that limits which entry points are loaded, by name, separated by commas."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plugin: the entry point, its distribution and version, and why it does not work (empty when it does)."""

    name: str
    distribution: str
    version: str
    fault: str = ""


@dataclass
class Registry:
    """The plugins of this process; what they bring is asked for on first use."""

    manager: pluggy.PluginManager
    plugins: tuple[Plugin, ...] = field(default_factory=tuple)

    @classmethod
    def load(cls, names: Iterable[str] | None = None) -> "Registry":
        """Load the installed plugins: all, or the entry points called *names* (default: what `ARCHLINT_PLUGINS` says).

        A plugin that cannot be imported is remembered with the reason. Raise `PluginError` when a plugin uses a hook that
        does not exist.
        """
        if names is None and os.environ.get(SWITCH):
            names = os.environ[SWITCH].split(",")
        wanted = None if names is None else {name.strip() for name in names}
        manager = pluggy.PluginManager("archlint")
        manager.add_hookspecs(hookspecs)
        found = sorted(
            entry_points(group=GROUP), key=lambda point: (_distribution(point)[0] != "archlint", point.name)
        )
        plugins = tuple(
            _register(manager, point) for point in found if wanted is None or point.name in wanted
        )
        return cls(manager, plugins)

    @property
    def files(self) -> list[str]:
        """The files of the plugins' modules, and of archlint itself."""
        modules = [archlint, *self.manager.get_plugins()]
        return [str(module.__file__) for module in modules if getattr(module, "__file__", None)]

    @cached_property
    def formats(self) -> tuple[Format, ...]:
        """All formats, by name."""
        found = {item.name: item for items in self.manager.hook.archlint_formats() for item in items}
        return tuple(found[name] for name in sorted(found))

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """All rules and the engine's own diagnostics, by id and sorted; raise `PluginError` when no plugin brings any."""
        found = {item.id: item for items in self.manager.hook.archlint_rules() for item in items}
        if not found:
            raise PluginError("no rules are installed: reinstall archlint")
        found |= DIAGNOSTICS
        return {name: found[name] for name in sorted(found)}

    def add(self, rules: Iterable[Rule]) -> None:
        """Add *rules* that are no plugin's, such as the declarative ones of a project; ids of installed rules stay theirs."""
        for rule in rules:
            self.rules.setdefault(rule.id, rule)

    @property
    def subjects(self) -> dict[str, type[Any]]:
        """The views of all formats by their lower-case names."""
        return {subject.__name__.lower(): subject for form in self.formats for subject in form.subjects}

    @cached_property
    def reporters(self) -> dict[str, Reporter]:
        """All reporters, by name."""
        found = {item.name: item for items in self.manager.hook.archlint_reporters() for item in items}
        return {name: found[name] for name in sorted(found)}

    @cached_property
    def profiles(self) -> dict[str, dict[str, Any]]:
        """The profiles of plugins, by name."""
        return {
            name: choice for found in self.manager.hook.archlint_profiles() for name, choice in found.items()
        }


def _distribution(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("unknown", "unknown")


def _register(manager: pluggy.PluginManager, point: EntryPoint) -> Plugin:
    distribution, version = _distribution(point)
    try:
        module = point.load()
    except Exception as error:  # noqa: BLE001 - whatever a plugin does must not stop the others
        return Plugin(point.name, distribution, version, f"{type(error).__name__}: {error}")
    manager.register(module, name=f"{distribution}:{point.name}")
    known = [name for name in dir(hookspecs) if name.startswith("archlint_")]
    for name in dir(module):
        if (
            name.startswith("archlint_")
            and name not in known
            and hasattr(getattr(module, name), "archlint_impl")
        ):
            close = get_close_matches(name, known, 1)
            hint = f", did you mean `{close[0]}`?" if close else ""
            raise PluginError(
                f"plugin `{point.name}` of {distribution} {version}: there is no hook `{name}`{hint}"
            )
    return Plugin(point.name, distribution, version)
