"""`archlint init`."""

from pathlib import Path

import click

from archlint.errors import UsageError
from archlint.source.files import write_atomic

_TEXT = """\
# What archlint checks here: https://archlint.dev/configuration

# recommended is quiet on a good system; strict adds opinions; all adds the rest
profile: recommended

# exclude: [examples, third_party]

# rules:
#   shared-database: warning
#   create-not-idempotent: {severity: error, header: X-Request-Key}
#   deprecated-without-sunset: off

# overrides:
#   - paths: [legacy]
#     ignore: [api]
"""


@click.command()
@click.option("--force", is_flag=True, help="Replace an existing configuration.")
def init(*, force: bool) -> int:
    """Write a first configuration, `.archlint.yaml`, into the current folder."""
    path = Path(".archlint.yaml")
    if path.exists() and not force:
        raise UsageError("`.archlint.yaml` exists already; --force replaces it")
    write_atomic(path, _TEXT.encode())
    click.echo("wrote .archlint.yaml", err=True)
    return 0
