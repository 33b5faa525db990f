"""A sunset that has passed, or is no date.

## Why is this bad?

A client that plans by the sunset plans with nonsense: the date cannot be read, lies before the deprecation, or is over while the operation
still answers. The next date will not be believed either.

## How to fix

Write the date as RFC 3339 (`2027-01-31`) in `x-sunset` and as an HTTP date in the `Sunset` header. Remove the operation when it has come, or move the date.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from archlint.api import Bad, Context, Good, Problem, Related, Severity, rule
from archlint.formats.openapi import Operation

_SUNSET = ("x-sunset", "x-sunset-date", "x-sunset-at")
_DEPRECATION = ("x-deprecation", "x-deprecation-date", "x-deprecated-at", "x-deprecated-since")

_SPEC = """
openapi: {version}
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      deprecated: true
      {first}
      {second}
      responses: {{"200": {{description: ok}}}}
"""


def _spec(first: str, second: str = "tags: [orders]", version: str = "3.1.0") -> str:
    return _SPEC.format(first=first, second=second, version=version)


@rule(
    id="sunset-date-invalid",
    category="api",
    severity=Severity.WARNING,
    profile="strict",
    subject=Operation,
    since="0.1.0",
    references=("https://www.rfc-editor.org/rfc/rfc8594", "https://www.rfc-editor.org/rfc/rfc9745#section-4"),
    applies=lambda operation: any(key in operation.data for key in _SUNSET),
    examples=(
        Bad(_spec("x-sunset: 2020-01-31  # <- `GET /orders` is still here after its sunset, `2020-01-31`")),
        Bad(_spec("x-sunset: next year  # <- `next year` is no date")),
        Bad(
            _spec(
                "x-sunset: 2027-01-31  # <- the sunset of `GET /orders` is before its deprecation",
                "x-deprecated-at: 2027-06-01",
            )
        ),
        Good(_spec("x-sunset: 2027-01-31")),
        Good(_spec("x-sunset: Sun, 31 Jan 2027 23:59:59 GMT", version="3.0.3"), "an HTTP date"),
        Good(_spec("x-sunset: 2027-01-31", "x-deprecated-at: 2026-01-01")),
        Good(_spec("x-sunset: 2027-01-31T00:00:00Z", version="3.2.0"), "with a time"),
    ),
)
def sunset_date_invalid(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report sunset dates that cannot be read, are over, or come before the deprecation."""
    key = next(key for key in _SUNSET if key in operation.data)
    text = str(operation.get(key))
    sunset = _date(text)
    if sunset is None:
        yield Problem(f"`{text}` is no date", operation.at(key), help="write it as `2027-01-31`")
        return
    since = next((key for key in _DEPRECATION if key in operation.data), "")
    deprecated = _date(str(operation.get(since))) if since else None
    if deprecated is not None and sunset < deprecated:
        yield Problem(
            f"the sunset of `{operation.name}` is before its deprecation",
            operation.at(key),
            help="deprecate first, and let it end later",
            related=(Related("deprecated since", operation.at(since)),),
        )
    elif context.today and sunset < date.fromisoformat(context.today):
        yield Problem(
            f"`{operation.name}` is still here after its sunset, `{text}`",
            operation.at(key),
            help="remove it, or move the date",
        )


def _date(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).astimezone(UTC).date()
    except ValueError:
        return None
