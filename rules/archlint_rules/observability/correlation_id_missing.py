"""A contract by which no request can be followed.

## Why is this bad?

When something fails three services further on, its log line must be found by the id of the request that began it. An id that the contract
does not name is dropped by the first client or gateway that does not know of it.

## How to fix

Declare `traceparent` (W3C Trace Context) or a request id as a header, and pass it on. A mesh adds ids, but only applications carry them from
request to request.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import Message
from archlint.formats.openapi import OpenAPI, Schema
from archlint.formats.openapi.words import bare

_NAMES = frozenset((
    "traceparent", "tracestate", "correlationid", "xcorrelationid", "xrequestid", "requestid", "xcorrelator", "xtraceid", "traceid", "xb3traceid", "b3", "xflowid",
    "clientrequestid", "xmsclientrequestid", "transactionid", "xtransactionid", "causationid", "xamzntraceid", "cetraceparent", "cecorrelationid",
))  # fmt: skip

_SPEC = """
openapi: {version}
info: {{title: Orders, version: 1.0.0}}  {marker}
paths:
  /orders:
    get:
      parameters: [{parameter}]
      responses: {{"200": {{description: ok, headers: {{{header}}}}}}}
"""
_MESSAGE = """
asyncapi: 3.0.0
info: {{title: Orders, version: 1.0.0}}
channels:
  placed:
    address: orders.placed
    messages:
      OrderPlaced:{marker}
        {more}
        payload: {{type: object, properties: {{id: {{type: string}}}}}}
"""


def _spec(parameter: str = "", header: str = "", marker: str = "", version: str = "3.1.0") -> str:
    return _SPEC.format(parameter=parameter, header=header, marker=marker, version=version)


@rule(
    id="correlation-id-missing",
    category="observability",
    severity=Severity.INFO,
    profile="all",
    subject=(OpenAPI, Message),
    applies=lambda _subject: True,
    aggregate=True,
    since="0.1.0",
    references=(
        "https://opensource.zalando.com/restful-api-guidelines/#233",
        "https://www.w3.org/TR/trace-context/",
        "https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/distributed-tracing.md",
    ),
    examples=(
        Bad(_spec(marker="# <- no request of `Orders` carries an id to follow it by")),
        Bad(
            _MESSAGE.format(
                more="name: OrderPlaced", marker="  # <- `OrderPlaced` carries no id to follow it by"
            ),
            "AsyncAPI",
        ),
        Good(_spec("{name: traceparent, in: header, schema: {type: string}}")),
        Good(_spec(header="X-Request-Id: {schema: {type: string}}", version="3.0.3"), "answered with an id"),
        Good(_MESSAGE.format(more="correlationId: {location: $message.header#/correlationId}", marker="")),
        Good(
            _MESSAGE.format(
                more="headers: {type: object, properties: {traceparent: {type: string}}}", marker=""
            ),
            "trace context",
        ),
    ),
)
def correlation_id_missing(subject: OpenAPI | Message, context: Context) -> Iterator[Problem]:
    """Report descriptions in which no operation takes or gives an id of the request, and messages without one."""
    del context
    if isinstance(subject, Message):
        schemas = [Schema.at_node(subject, "headers"), Schema.of_message(subject)]
        names = [bare(name) for schema in schemas if schema is not None for name in schema.properties]
        known = all(schema is None or schema.is_known for schema in schemas)
        if (
            subject.field("correlationId") is None
            and subject.field("headers") is subject.get("headers")
            and known
            and not _NAMES & set(names)
        ):
            at = subject.document.at(subject.pointer, on_key=True)
            yield Problem(
                f"`{subject.name}` carries no id to follow it by",
                at,
                help="add a `correlationId`, or a `traceparent` header",
            )
        return
    taken = {bare(parameter.name) for operation in subject.operations for parameter in operation.parameters}
    given = {
        bare(name)
        for operation in subject.operations
        for response in operation.responses.values()
        for name in response.headers
    }
    if subject.operations and not _NAMES & (taken | given):
        yield Problem(
            f"no request of `{subject.title}` carries an id to follow it by",
            subject.at("info", "title"),
            help="declare `traceparent`, or a request id, as a header",
        )
