"""The output formats, a plugin: one module each, with its `Reporter` as `REPORTER`."""

import importlib
import pkgutil

from archlint.api import Reporter, hook


@hook
def archlint_reporters() -> list[Reporter]:
    """Return the `REPORTER` of every module of this package."""
    modules = (
        importlib.import_module(f"{__name__}.{entry.name}") for entry in pkgutil.iter_modules(__path__)
    )
    return [module.REPORTER for module in modules if hasattr(module, "REPORTER")]
