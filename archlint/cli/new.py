"""`archlint new`."""

import re
from pathlib import Path

import click

from archlint.cli.common import open_project
from archlint.errors import UsageError
from archlint.source.files import write_atomic

_PYTHON = '''\
"""FILL IN: the fault in one sentence.

## Why is this bad?

FILL IN.

## How to fix

FILL IN.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation


@rule(
    id="{id}",
    category="{category}",
    severity=Severity.WARNING,
    profile="strict",
    subject=Operation,
    since="next",
    references=(),
    examples=(
        Bad(
            """
            FILL IN  # <- FILL IN: a part of the message
            """
        ),
        Good(
            """
            FILL IN
            """
        ),
    ),
)
def {name}(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report FILL IN."""
    del context
    yield Problem(f"`{{operation.name}}` FILL IN", operation.key, help="FILL IN")
'''
_YAML = """\
id: {id}
category: {category}
severity: warning
docs: |
  FILL IN: the fault in one sentence.

  ## Why is this bad?

  FILL IN.

  ## How to fix

  FILL IN.

# a service, dependency, datastore or topic of the graph, or a view of a document, such as operation
subject: service

# JSON Schemas: which subjects this is about, and what they have to look like
when: {{properties: {{firstParty: {{const: true}}}}}}
expect: {{properties: {{owner: {{minLength: 1}}}}}}

message: "service `{{name}}` has no owner"
help: FILL IN
"""


@click.command()
@click.argument("rule", metavar="CATEGORY/RULE-ID")
def new(rule: str) -> int:
    """Write the file of a new rule: here, in `rules/archlint_rules`; in another project, a declarative rule in `arch/rules`."""
    match = re.fullmatch(r"([a-z]+)/([a-z0-9]+(?:-[a-z0-9]+)+)", rule)
    if match is None:
        raise UsageError(f"`{rule}` is not of the form `category/rule-id`, in lower case with hyphens")
    category, name = match.groups()
    package = Path("rules/archlint_rules")
    if package.is_dir():
        path = package / category / f"{name.replace('-', '_')}.py"
        text = _PYTHON.format(id=name, category=category, name=name.replace("-", "_"))
    else:
        path = Path("arch/rules") / f"{name}.yaml"
        text = _YAML.format(id=name, category=category)
    if path.exists():
        raise UsageError(f"`{path}` exists already")
    path.parent.mkdir(parents=True, exist_ok=True)
    init = path.parent / "__init__.py"
    if package.is_dir() and not init.exists():
        write_atomic(init, b'"""FILL IN: what the rules of this category are about."""\n')
    write_atomic(path, text.encode())
    advice = f"; `rule-files: [{path.parent}]` in the configuration makes it run"
    known = package.is_dir() or _is_read(path)
    click.echo(f"wrote {path}{'' if known else advice}", err=True)
    return 0


def _is_read(path: Path) -> bool:
    """Tell whether the configuration makes archlint read the rule file *path*."""
    folders = open_project((), {}).config.rule_files
    return any(path == Path(folder) or Path(folder) in path.parents for folder in folders)
