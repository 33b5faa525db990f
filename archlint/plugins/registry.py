"""What is installed: formats, rules, reporters and profiles, from our plugins and from third parties'."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pluggy

import archlint
from archlint.errors import PluginError, hint
from archlint.findings.finding import Finding
from archlint.findings.report import Reporter
from archlint.model.format import Format
from archlint.plugins import hookspecs
from archlint.plugins.points import Point, points
from archlint.rule.diagnostics import DIAGNOSTICS
from archlint.rule.rule import PROFILES, Rule

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

    def __str__(self) -> str:
        """Return the name, the distribution and its version: ``the plugin `acme` of acme-archlint 1.2.3``."""
        return f"the plugin `{self.name}` of {self.distribution} {self.version}"


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
        found = sorted(points(GROUP), key=lambda point: (point.distribution != "archlint", point.name))
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
        found = self._brought("archlint_formats", "format", _is_format)
        return tuple(found[name] for name in sorted(found))

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """All rules and the engine's own diagnostics, by id and sorted; raise `PluginError` when no plugin brings any."""
        found = self._brought("archlint_rules", "rule", _is_rule, dict(DIAGNOSTICS))
        if len(found) == len(DIAGNOSTICS):
            raise PluginError("no rules are installed: reinstall archlint")
        return {name: found[name] for name in sorted(found)}

    def add(self, rules: Iterable[Rule]) -> None:
        """Add *rules* that are no plugin's, such as the declarative ones of a project; ids of installed rules stay theirs."""
        for rule in rules:
            self.rules.setdefault(rule.id, rule)

    @property
    def subjects(self) -> dict[str, type[Any]]:
        """The views of all formats by their lower-case names, and by those with the format's before them (`openapi.operation`)."""
        found: dict[str, type[Any]] = {}
        for form in self.formats:
            for subject in form.subjects:
                name = subject.__name__.lower()
                found.setdefault(name, subject)
                found[f"{form.name}.{name}"] = subject
        return found

    @cached_property
    def reporters(self) -> dict[str, Reporter]:
        """All reporters, by name."""
        found = self._brought("archlint_reporters", "reporter", _is_reporter)
        return {name: found[name] for name in sorted(found)}

    @cached_property
    def profiles(self) -> dict[str, dict[str, Any]]:
        """The profiles of plugins, by name."""
        found: dict[str, dict[str, Any]] = {}
        for plugin, choices in self._ask("archlint_profiles"):
            if not isinstance(choices, dict) or not all(
                isinstance(value, dict) for value in choices.values()
            ):
                self._blame(plugin, "`archlint_profiles` returns something else than mappings")
                continue
            for name, choice in choices.items():
                if name in found or name in PROFILES:
                    self._blame(plugin, f"there is a profile `{name}` already")
                else:
                    found[name] = choice
        return found

    def faults(self) -> list[Plugin]:
        """Return the plugins that do not work, with the reasons, after asking each for all that it brings."""
        for name in ("formats", "rules", "reporters", "profiles"):
            getattr(self, name)
        return [plugin for plugin in self.plugins if plugin.fault]

    def changed(self, findings: list[Finding], config: Any) -> list[Finding]:
        """Return the *findings* as the plugins want them, one plugin after the other."""
        current = list(findings)
        for plugin, answer in self._ask("archlint_findings", findings=current, config=config):
            if answer is None:
                continue
            if isinstance(answer, list) and all(isinstance(item, Finding) for item in answer):
                current[:] = answer
            else:
                self._blame(plugin, "`archlint_findings` returns something else than findings")
        return current

    def _brought(
        self, hook: str, what: str, fits: Callable[[Any], bool], found: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what the plugins return from *hook*, by id or name, added to *found*; what is there already stays."""
        known = found or {}
        for plugin, items in self._ask(hook):
            for item in items if isinstance(items, list | tuple) else [items]:
                if not fits(item):
                    self._blame(plugin, f"`{hook}` returns a `{type(item).__name__}`, which is no {what}")
                    continue
                name = item.id if isinstance(item, Rule) else item.name
                if name in known:
                    self._blame(plugin, f"there is a {what} `{name}` already")
                else:
                    known[name] = item
        return known

    def _ask(self, hook: str, **given: Any) -> Iterator[tuple[str, Any]]:
        """Yield the name of each plugin that has *hook*, ours first, and what it returns; one that fails is blamed for it.

        *given* are the arguments, of which a plugin takes those that it names.
        """
        calls = {call.plugin_name: call for call in getattr(self.manager.hook, hook).get_hookimpls()}
        for name, _ in self.manager.list_name_plugin():
            if name not in calls:
                continue
            try:
                answer = calls[name].function(*(given[argument] for argument in calls[name].argnames))
            except Exception as error:
                if name.startswith("archlint:"):
                    raise
                self._blame(name, f"`{hook}` raises {type(error).__name__}: {error}")
            else:
                yield name, answer

    def _blame(self, name: str, fault: str) -> None:
        self.plugins = tuple(
            replace(plugin, fault=plugin.fault or fault)
            if f"{plugin.distribution}:{plugin.name}" == name
            else plugin
            for plugin in self.plugins
        )


def _is_format(item: Any) -> bool:
    return isinstance(item, Format)


def _is_rule(item: Any) -> bool:
    return isinstance(item, Rule)


def _is_reporter(item: Any) -> bool:
    return isinstance(getattr(item, "name", None), str) and callable(getattr(item, "render", None))


def _register(manager: pluggy.PluginManager, point: Point) -> Plugin:
    distribution, version = point.distribution, point.version
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
            raise PluginError(
                f"plugin `{point.name}` of {distribution} {version}: there is no hook `{name}`{hint(name, known)}"
            )
    return Plugin(point.name, distribution, version)
