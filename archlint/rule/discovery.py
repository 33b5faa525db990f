"""Rules are found by walking a package: one file, one rule, and no list anywhere."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from archlint.rule.rule import Rule


def rules_in(package: ModuleType | str) -> list[Rule]:
    """Return every rule of *package* and the packages below it, by id.

    A module's rules are its module-level `Rule` objects that were defined in it.
    """
    root = importlib.import_module(package) if isinstance(package, str) else package
    rules: dict[str, Rule] = {}
    for module in _modules(root):
        for value in vars(module).values():
            if isinstance(value, Rule) and value.module == module.__name__:
                rules[value.id] = value
    return [rules[name] for name in sorted(rules)]


def _modules(root: ModuleType) -> Iterator[ModuleType]:
    """Yield *root* and every module below it, packages before what they hold."""
    pending = [root]
    while pending:
        module = pending.pop()
        yield module
        entries = pkgutil.iter_modules(getattr(module, "__path__", ()))
        pending.extend(importlib.import_module(f"{module.__name__}.{entry.name}") for entry in entries)
