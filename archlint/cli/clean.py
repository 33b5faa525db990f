"""`archlint clean`."""

import click

from archlint.engine import cache


@click.command()
def clean() -> int:
    """Remove the results that are kept between runs, of all projects."""
    count = cache.clean()
    click.echo(f"removed the results of {count} project{'' if count == 1 else 's'}", err=True)
    return 0
