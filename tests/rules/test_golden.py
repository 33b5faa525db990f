"""Findings that real descriptions and systems must show, and findings that they must not, as counted in the catalog."""

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


def test_dapr_retries_without_end(shared: Path, check: Check) -> None:
    """The one Resiliency of the snapshot; beside it stands a file without `apiVersion` and `kind`, which Dapr does not load."""
    folder = shared / "corpus" / "systems" / "dapr-quickstarts"
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}
    if not files:
        pytest.skip("the corpus has no quickstarts of Dapr")
    found = check(files, "retry-unbounded", "queue-without-dlq").report.findings
    assert [(finding.rule, finding.message, finding.at.path) for finding in found] == [
        (
            "retry-unbounded",
            "`retryForever` retries without end",
            "state_management/resources/resiliency.yaml",
        )
    ]


def test_dapr_as_counted_in_the_catalog(check: Check) -> None:
    """Three retries without end and four subscriptions without dead letters, as the quickstarts had them when they were counted."""
    resiliency = "apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {{name: myresiliency}}\nspec:\n  policies: {{retries: {{{}}}}}\n  targets: {{{}}}\n"
    forever = "retryForever: {policy: constant, duration: 5s, maxRetries: -1}"
    subscription = "apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {{name: {}}}\nspec: {{topic: orders, routes: {{default: /orders}}, pubsubname: orderpubsub}}\n"
    files = {
        "invoke/resiliency.yaml": resiliency.format(
            forever, "apps: {order-processor: {retry: retryForever}}"
        ),
        "state/resiliency.yaml": resiliency.format(
            forever, "components: {statestore: {outbound: {retry: retryForever}}}"
        ),
        "default/resiliency.yaml": resiliency.format(
            "DefaultRetryPolicy: {duration: 1s, maxRetries: -1}", ""
        ),
        **{f"sub/{name}.yaml": subscription.format(name) for name in ("a", "b", "c", "d")},
    }
    found = [finding.rule for finding in check(files, "retry-unbounded", "queue-without-dlq").report.findings]
    assert (found.count("retry-unbounded"), found.count("queue-without-dlq")) == (3, 4)


def _system(shared: Path, name: str, *patterns: str) -> dict[str, bytes]:
    folder = shared / "corpus" / "systems" / name
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for pattern in patterns
        for path in sorted(folder.rglob(pattern))
        if path.name != "labels.yaml"
    }
    if not files:
        pytest.skip(f"the corpus has no {name}")
    return files


def test_petclinic_repeats_posts_at_its_gateway(shared: Path, check: Check) -> None:
    files = _system(
        shared, "petclinic-microservices", "*.yml", "*.yaml", "*.properties", "Dockerfile", "pom.xml"
    )
    found = check(files, "retry-on-non-idempotent").report.findings
    assert [(finding.at.path, finding.message) for finding in found] == [
        (
            "spring-petclinic-api-gateway/src/main/resources/application.yml",
            "every route of `api-gateway` retries `POST`",
        )
    ]


def test_ftgo_shares_one_database_in_the_cluster_and_none_in_compose(shared: Path, check: Check) -> None:
    files = _system(shared, "ftgo", "*.yml", "*.yaml", "*.properties")
    findings = check(
        files, "shared-database", "liveness-checks-dependencies", "liveness-equals-readiness"
    ).report.findings
    (shared_one,) = (finding for finding in findings if finding.rule == "shared-database")
    places = {related.at.path for related in shared_one.related} | {shared_one.at.path}
    assert not any("docker-compose" in path for path in places)
    assert not any("cdc-service" in path for path in places)
    for name in ("order", "kitchen", "accounting", "restaurant", "order-history"):
        assert f"`ftgo-{name}-service`" in shared_one.message, name
    for rule in ("liveness-checks-dependencies", "liveness-equals-readiness"):
        paths = {finding.at.path for finding in findings if finding.rule == rule}
        assert len([path for path in paths if "kubernetes" in path]) >= 6, rule
