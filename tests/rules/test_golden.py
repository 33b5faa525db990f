"""Findings that a real description must show, and findings that it must not: Box, as counted in the catalog."""

from collections import defaultdict
from pathlib import Path

import pytest
from conftest import Check

_RULES = (
    "batch-size-unbounded",
    "collection-unpaginated",
    "error-schema-inconsistent",
    "operation-unauthenticated",
    "token-in-url",
)


@pytest.fixture
def box(shared: Path, check: Check) -> dict[str, list[str]]:
    """Return the messages of some rules for Box's description."""
    description = shared / "corpus" / "openapi" / "box__box-openapi" / "openapi.json"
    if not description.is_file():
        pytest.skip("the corpus has no description of Box")
    found = defaultdict(list)
    for finding in check({"openapi.json": description.read_bytes()}, *_RULES).report.findings:
        found[finding.rule].append(finding.message)
    return found


def test_errors_of_another_form(box: dict[str, list[str]]) -> None:
    messages = box["error-schema-inconsistent"]
    assert len(messages) == 5
    assert all("721 of 726 error bodies" in message for message in messages)
    assert sum("`GET /metadata_templates/{template_id}`" in message for message in messages) == 1


def test_collections_without_pages(box: dict[str, list[str]]) -> None:
    assert len(box["collection-unpaginated"]) == 9


def test_a_token_in_the_url(box: dict[str, list[str]]) -> None:
    assert box["token-in-url"] == ["`GET /files/{file_id}/content` takes `access_token` in the URL"]


def test_one_batch_without_a_limit_and_no_patch(box: dict[str, list[str]]) -> None:
    assert box["batch-size-unbounded"] == [
        "`POST /metadata_taxonomies/{namespace}/{taxonomy_key}/levels` takes a list without a limit"
    ]


def test_token_endpoints_and_signed_downloads_are_open(box: dict[str, list[str]]) -> None:
    assert box["operation-unauthenticated"] == []
