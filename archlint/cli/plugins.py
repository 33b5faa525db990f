"""`archlint plugins`."""

import click

from archlint.cli.output import emit
from archlint.findings.sanitize import plain
from archlint.plugins.registry import Registry


@click.command()
def plugins() -> int:
    """List the installed plugins, and why one does not work (which makes the exit status 1)."""
    registry = Registry.load()
    broken = registry.faults()
    lines = []
    for plugin in registry.plugins:
        state = f"does not work: {plain(plugin.fault)}" if plugin.fault else "ok"
        lines.append(f"{plugin.name}  ({plugin.distribution} {plugin.version})  {state}\n")
    emit("".join(lines))
    return int(bool(broken))
