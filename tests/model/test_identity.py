"""Names of services, images of datastores, and which files are alternatives of each other."""

import pytest
from systems import edges_of, graph_of

from archlint.model.facts import LinkFact, WorkloadFact
from archlint.model.identity import Unions, Variants, normalised, selects
from archlint.model.stores import engine_of, is_third_party, role_of
from archlint.source.location import Location


@pytest.mark.parametrize(
    "name", ["Orders", "orders-service", "orders_svc", "orders-api-v1", "orders-deployment", "orders.v2"]
)
def test_what_people_add_to_a_name_does_not_count(name: str) -> None:
    assert normalised(name) == "orders"


def test_a_declared_name_may_leave_out_what_separates_words() -> None:
    web = "spec: {type: service, owner: a, lifecycle: production, dependsOn: [component:moneyapi]}"
    graph = graph_of(
        {
            "catalog-info.yaml": f"{{apiVersion: backstage.io/v1, kind: Component, metadata: {{name: web}}, {web}}}",
            "compose.yaml": "services: {money-api: {image: shop/money}}",
        }
    )
    assert edges_of(graph) == {("calls", "web", "money-api")}


def test_a_name_is_never_empty() -> None:
    assert normalised("-service") != ""
    assert normalised("api") == "api"


def test_sets_that_were_joined_are_one() -> None:
    unions = Unions()
    for one, other in (("a", "b"), ("c", "d"), ("b", "c")):
        unions.join(one, other)
    assert {unions.find(item) for item in "abcd"} == {unions.find("a")}
    assert unions.find("e") == "e"


def test_a_selector_names_some_of_the_labels() -> None:
    assert selects({"app": "a"}, {"app": "a", "tier": "b"})
    assert not selects({"app": "a", "tier": "c"}, {"app": "a", "tier": "b"})


@pytest.mark.parametrize(
    ("image", "engine"),
    [
        ("postgres", "postgresql"),
        ("registry.example:5000/bitnami/postgresql:17@sha256:0", "postgresql"),
        ("mariadb:11", "mysql"),
        ("mcr.microsoft.com/mssql/server:2022-latest", "sqlserver"),
        ("shop/server:1", ""),
        ("redis/redis-stack-server", "redis"),
        ("confluentinc/cp-kafka:7", "kafka"),
        ("oliver006/redis_exporter", ""),
        ("shop/postgres-backup", ""),
        ("", ""),
    ],
)
def test_an_image_tells_its_engine(image: str, engine: str) -> None:
    assert engine_of(image) == engine


@pytest.mark.parametrize(
    ("name", "image", "role"),
    [
        ("orders", "shop/orders", ""),
        ("orders-cdc", "shop/cdc", "cdc"),
        ("exporter", "oliver006/redis_exporter", "exporter"),
        ("admin", "dpage/pgadmin4", "admin-ui"),
        ("orders-migration", "shop/orders", "migration"),
        ("collector", "otel/opentelemetry-collector", "telemetry"),
        ("api-gateway", "shop/api-gateway", "gateway"),
        ("cdcatalog", "shop/cdcatalog", ""),
    ],
)
def test_names_and_images_tell_roles(name: str, image: str, role: str) -> None:
    assert role_of(name, image) == role


def test_well_known_images_are_nobody_s_service() -> None:
    assert is_third_party("nginx:1.29")
    assert is_third_party("docker.io/library/nginx")
    assert is_third_party("temporalio/auto-setup:1.25")
    assert is_third_party("metabase/metabase")
    assert not is_third_party("shop/orders:1")


def _workload(path: str, name: str) -> WorkloadFact:
    return WorkloadFact(at=Location(path), kind="Deployment", name=name, scope="k8s:default")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("k8s/a.yaml", "k8s/a.yaml", True),
        ("k8s/a.yaml", "k8s/b.yaml", True),
        ("k8s/a.yaml", "release.yaml", False),
        ("k8s/a.yaml", "overlay/a.yaml", False),
        ("k8s/b.yaml", "overlay/a.yaml", False),
        ("k8s/a.yaml", "other/c.yaml", True),
        ("k8s/a.yaml", "settings/config.yaml", True),
    ],
)
def test_files_that_define_the_same_workload_are_alternatives(
    one: str, other: str, *, expected: bool
) -> None:
    files = {
        "k8s/a.yaml": "a", "k8s/b.yaml": "b", "release.yaml": "a", "overlay/a.yaml": "a", "other/c.yaml": "c",
    }  # fmt: skip
    variants = Variants([_workload(path, name) for path, name in files.items()])
    assert variants.together(one, other) is expected
    assert variants.together(other, one) is expected


@pytest.mark.parametrize(("second", "expected"), [("b", True), ("a", False)])
def test_kustomizations_are_alternatives_where_they_define_the_same(second: str, *, expected: bool) -> None:
    at = Location("", ())
    paths = {"k8s/apps.yaml": "k8s", "istio/routes.yaml": "istio", "istio/proxy.yaml": "istio"}
    variants = Variants(
        [_workload("k8s/apps.yaml", "a"), _workload("istio/proxy.yaml", second)],
        [
            LinkFact(at=at, extractor="x", confidence=1, kind="deployment", target=path, source=root)
            for path, root in paths.items()
        ],
    )
    assert variants.together("k8s/apps.yaml", "istio/routes.yaml") is expected
    assert variants.together("istio/routes.yaml", "k8s/apps.yaml") is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("orders/base/app.yaml", "billing/base/app.yaml", True),
        ("orders/prod/settings.yaml", "billing/prod/settings.yaml", True),
        ("orders/prod/settings.yaml", "billing/dev/settings.yaml", False),
        ("orders/prod/settings.yaml", "orders/dev/settings.yaml", False),
        ("orders/eu/settings.yaml", "billing/us/settings.yaml", False),
        ("orders/eu/settings.yaml", "billing/eu/settings.yaml", True),
        ("orders/prod/settings.yaml", "policies/deny.yaml", True),
    ],
)
def test_applications_with_kustomizations_of_their_own_are_one_system(
    one: str, other: str, *, expected: bool
) -> None:
    links = [
        LinkFact(
            at=Location("", ()),
            extractor="x",
            confidence=1,
            kind="deployment",
            target=target,
            source=f"{app}/{stage}/kustomization.yaml",
        )
        for app in ("orders", "billing")
        for stage in ("dev", "prod", "eu", "us")
        for target in (f"{app}/base/app.yaml", f"{app}/{stage}/settings.yaml")
    ]
    policies = LinkFact(
        at=Location("", ()),
        extractor="x",
        confidence=1,
        kind="deployment",
        target="policies/deny.yaml",
        source="policies/kustomization.yaml",
    )
    workloads = [_workload("orders/base/app.yaml", "orders"), _workload("billing/base/app.yaml", "billing")]
    variants = Variants(workloads, [*links, policies])
    assert variants.together(one, other) is expected
    assert variants.together(other, one) is expected
