"""`archlint plugins`."""

import click

from archlint.findings.sanitize import plain
from archlint.plugins.registry import Registry


@click.command()
def plugins() -> int:
    """List the installed plugins, and why one does not work."""
    registry = Registry.load()
    for plugin in registry.plugins:
        state = f"does not load: {plain(plugin.fault)}" if plugin.fault else "ok"
        click.echo(f"{plugin.name}  ({plugin.distribution} {plugin.version})  {state}")
    return int(any(plugin.fault for plugin in registry.plugins))
