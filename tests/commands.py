"""What the tests of the command line share: an API with two faults, and what a command comes to."""

from collections.abc import Callable
from dataclasses import dataclass

type Archlint = Callable[..., "Result"]

API = """\
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
servers:
  - url: https://orders.example.com/v1
security:
  - login: []
paths:
  /orders/{id}:
    get:
      operationId: read
      deprecated: true
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        "200":
          description: The order
          content:
            application/json: {schema: {type: object}}
    delete:
      operationId: remove
      responses:
        "204":
          description: Gone
          content:
            application/json: {schema: {type: object}}
components:
  securitySchemes:
    login: {type: http, scheme: bearer}
"""
"""An API with one warning (`deprecated-without-sunset`) and one error (`no-content-response-has-body`)."""

ERROR = "no-content-response-has-body"
WARNING = "deprecated-without-sunset"


@dataclass(frozen=True, slots=True)
class Result:
    """The exit status, and what was written where."""

    status: int
    out: str
    err: str
