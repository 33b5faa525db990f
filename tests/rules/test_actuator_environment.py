"""The actuator of Spring Boot, as the environment exposes it."""

import pytest
from conftest import Check

from archlint.api import Context
from archlint_rules.security.management_endpoint_exposed import management_endpoint_exposed

_COMPOSE = """
services:
  orders:
    image: shop/orders
    ports: ["8080:8080"]
    {more}
"""


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("environment: {MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE: '*'}", 1),
        ("environment: {JAVA_OPTS: '-Dmanagement.endpoints.web.exposure.include=env,health'}", 1),
        ("command: java -jar a.jar --management.endpoints.web.exposure.include=*", 1),
        ("environment: {MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE: 'health,info'}", 0),
        (
            "environment: {MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE: '*', MANAGEMENT_SERVER_PORT: 9090, SERVER_PORT: 8080}",
            0,
        ),
        ("environment: {MANAGEMENT_ENDPOINTS_WEB_BASE_PATH: /manage}", 0),
    ],
)
def test_what_it_exposes_is_reported(check: Check, more: str, count: int) -> None:
    graph = check({"compose.yaml": _COMPOSE.format(more=more)}).graph
    assert len(list(management_endpoint_exposed.check(graph, Context(graph=graph)))) == count
