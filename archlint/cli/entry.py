"""The command `archlint`."""

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    from archlint.cli.check import check  # noqa: PLC0415

    sys.exit(check(sys.argv[1:]))


if __name__ == "__main__":
    main()
