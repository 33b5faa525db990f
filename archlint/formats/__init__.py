"""The formats that archlint reads, a plugin: one module or package each, with its `Format` as `FORMAT`."""

import importlib
import pkgutil

from archlint.api import Format, hook


@hook
def archlint_formats() -> list[Format]:
    """Return the `FORMAT` of every module of this package."""
    modules = (
        importlib.import_module(f"{__name__}.{entry.name}") for entry in pkgutil.iter_modules(__path__)
    )
    return [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
