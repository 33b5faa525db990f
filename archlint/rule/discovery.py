"""Rules are found by walking a package: one file, one rule, and no list anywhere."""

import importlib
import pkgutil
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


def _modules(root: ModuleType) -> list[ModuleType]:
    entries = pkgutil.walk_packages(root.__path__, root.__name__ + ".")
    return [root, *(importlib.import_module(entry.name) for entry in entries)]
