"""`archlint check`."""

from pathlib import Path

from archlint.config.model import Config
from archlint.engine.pipeline import Request, run
from archlint.findings.report import ReportOptions
from archlint.plugins.registry import Registry


def check(arguments: list[str]) -> int:
    """Check the paths in *arguments*; a stand-in until the real command line is there."""
    registry = Registry.load()
    config = Config(registry.rules)
    outcome = run(Request(Path.cwd(), registry, config, tuple(arguments[1:]) or (".",)))
    if registry.reporters:
        print(registry.reporters["text"].render(outcome.report, ReportOptions()), end="")
    return 1 if outcome.report.reported else 0
