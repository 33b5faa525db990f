"""Resources as they come out of kustomizations, with the places of their parts."""

import json
import random
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from kustomizations import BASE, DEPLOYMENT, SERVICE, STRATEGIC, Project

from archlint.api import LinkFact, Source, parse
from archlint.engine.locate import locate, locations_in
from archlint.engine.resolve import Workspace
from archlint.formats.kubernetes import FORMAT, manifests
from archlint.model.builder import build_graph
from archlint.model.facts import ConfigFact, EndpointFact


def test_the_namespace_of_an_overlay_holds_for_its_base(tmp_path: Path) -> None:
    project = Project(tmp_path, {**BASE, "prod/kustomization.yaml": "namespace: shop\nresources: [../base]"})
    manifest = project.one("base/orders.yaml")
    assert manifest.scope == "k8s:shop"
    assert manifest.at("metadata", "namespace").path == "prod/kustomization.yaml"
    assert manifest.at("metadata", "name").path == "base/orders.yaml"


def test_overlays_that_disagree_leave_names_as_written(tmp_path: Path) -> None:
    project = Project(
        tmp_path,
        {
            **BASE,
            "prod/kustomization.yaml": "{namespace: prod, namePrefix: p-, commonLabels: {env: prod, team: a}, resources: [../base]}",
            "dev/kustomization.yaml": "{namespace: dev, namePrefix: d-, commonLabels: {env: dev, team: a}, resources: [../base]}",
        },
    )
    manifest = project.one("base/orders.yaml")
    assert (manifest.name, manifest.scope) == ("orders", "k8s:default")
    assert manifest.workload is not None
    assert manifest.workload.pod_labels == {"app": "orders", "team": "a"}


def test_names_follow_prefix_and_suffix_and_references_follow_them(tmp_path: Path) -> None:
    ingress = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: shop}
        spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: stock, port: {number: 80}}}}]}}]}
    """
    pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: orders}
        spec:
          serviceAccountName: me
          containers:
            - {name: orders, image: a, envFrom: [{configMapRef: {name: cfg}}], env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}
          volumes: [{name: v, configMap: {name: cfg}}, {name: w, secret: {secretName: s}}, {name: x, persistentVolumeClaim: {claimName: c}}]
    """
    names = "namePrefix: a-\nnameSuffix: -z\nresources: [stock.yaml, shop.yaml, pod.yaml]"
    project = Project(
        tmp_path,
        {"kustomization.yaml": names, "stock.yaml": SERVICE, "shop.yaml": ingress, "pod.yaml": pod},
    )
    (service,) = project.facts("stock.yaml")
    assert isinstance(service, EndpointFact)
    assert service.name == "a-stock-z"
    assert {"a-stock-z", "stock", "stock.default.svc", "a-stock-z.default"} <= {*service.hostnames}
    rule = project.one("shop.yaml").items("spec", "rules")[0]
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] == "a-stock-z"
    spec = project.one("pod.yaml").mapping("spec")
    assert spec["serviceAccountName"] == "a-me-z"
    assert [volume[key][name] for volume, key, name in zip(
        spec["volumes"], ("configMap", "secret", "persistentVolumeClaim"), ("name", "secretName", "claimName"), strict=True
    )] == ["a-cfg-z", "a-s-z", "a-c-z"]  # fmt: skip
    container = spec["containers"][0]
    assert container["envFrom"] == [{"configMapRef": {"name": "a-cfg-z"}}]
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "a-s-z"


@pytest.mark.parametrize(
    ("label", "pods", "selector"),
    [
        ("commonLabels: {team: a}", True, True),
        ("labels: [{pairs: {team: a}, includeSelectors: true}]", True, True),
        ("labels: [{pairs: {team: a}, includeTemplates: true}]", True, False),
        ("labels: [{pairs: {team: a}}]", False, False),
    ],
)
def test_labels_reach_selectors_and_pods_as_they_are_told(
    tmp_path: Path, label: str, *, pods: bool, selector: bool
) -> None:
    project = Project(
        tmp_path,
        {
            "kustomization.yaml": f"{label}\nresources: [orders.yaml, stock.yaml]",
            "orders.yaml": DEPLOYMENT,
            "stock.yaml": SERVICE,
        },
    )
    orders = project.one("orders.yaml")
    assert orders.labels == {"team": "a"}
    assert orders.workload is not None
    assert ("team" in orders.workload.pod_labels) is pods
    assert ("team" in project.one("stock.yaml").mapping("spec", "selector")) is selector


def test_a_component_changes_what_its_users_have(tmp_path: Path) -> None:
    component = """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        resources: [more.yaml]
        replicas: [{name: orders, count: 4}]
        images: [{name: shop/orders, newTag: "7"}, {name: other, newTag: "8"}]
    """
    project = Project(
        tmp_path,
        {
            **BASE,
            "parts/ha/kustomization.yaml": component,
            "parts/ha/more.yaml": DEPLOYMENT.replace("name: orders}", "name: more}"),
            "prod/kustomization.yaml": "namespace: shop\nresources: [../base]\ncomponents: [../parts/ha]",
        },
    )
    orders, more = project.one("base/orders.yaml"), project.one("parts/ha/more.yaml")
    assert orders.get("spec", "replicas") == 4
    assert orders.workload is not None
    assert orders.workload.containers[0].image == "shop/orders:7"
    assert more.scope == orders.scope == "k8s:shop"


def test_generated_configuration_has_the_places_of_its_entries(tmp_path: Path) -> None:
    overlay = """
        namespace: shop
        resources: [orders.yaml]
        configMapGenerator:
          - name: cfg
            literals: [STOCK_URL=http://stock:80, "QUOTED='x'"]
            envs: [more.env]
            files: [app.properties, renamed.json=data.json]
        secretGenerator:
          - name: secret
            literals: [password=hunter2]
    """
    project = Project(
        tmp_path,
        {
            "kustomization.yaml": overlay,
            "orders.yaml": DEPLOYMENT,
            "more.env": "# comment\nRATES_URL=http://rates\n",
            "app.properties": "a.host=mail\n",
            "data.json": '{"b": {"host": "x"}}',
        },
    )
    config, secret = (fact for fact in project.facts("kustomization.yaml") if isinstance(fact, ConfigFact))
    assert (config.kind, config.name, config.scope) == ("configmap", "cfg", "k8s:shop")
    assert {entry.key: entry.value for entry in config.entries} == {
        "STOCK_URL": "http://stock:80",
        "QUOTED": "x",
        "RATES_URL": "http://rates",
        "a.host": "mail",
        "b.host": "x",
    }
    places = {
        entry.key: (entry.at.path, entry.at.region and entry.at.region.start_line) for entry in config.entries
    }
    assert places["RATES_URL"] == ("more.env", 2)
    assert places["STOCK_URL"] == ("kustomization.yaml", 5)
    assert places["a.host"][0] == "app.properties"
    assert [(entry.key, entry.value) for entry in secret.entries] == [("password", None)]


def test_a_root_says_what_is_deployed_together(tmp_path: Path) -> None:
    files = {
        **BASE,
        "base/stock.yaml": SERVICE,
        "dev/kustomization.yaml": "resources: [../base, db.yaml, 'https://example.com/x', github.com/a/b?ref=v1]",
        "dev/db.yaml": SERVICE,
        "prod/kustomization.yaml": "resources: [../base, db.yaml]",
        "prod/db.yaml": SERVICE,
    }
    project = Project(tmp_path, files)
    facts = project.facts(*(name for name in files))
    links = [(fact.source, fact.target) for fact in facts if isinstance(fact, LinkFact)]
    assert ("dev/kustomization.yaml", "base/orders.yaml") in links
    assert {source for source, _ in links} == {"dev/kustomization.yaml", "prod/kustomization.yaml"}
    variants = build_graph(facts).variants
    assert variants.together("base/orders.yaml", "dev/db.yaml")
    assert not variants.together("prod/db.yaml", "dev/db.yaml")


def test_kustomizations_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    project = Project(
        tmp_path,
        {
            "a/kustomization.yaml": "namespace: x\nresources: [../b, orders.yaml, ../a]",
            "a/orders.yaml": DEPLOYMENT,
            "b/kustomization.yaml": "resources: [../a]\ncomponents: [../a]",
        },
    )
    assert project.one("a/orders.yaml").name == "orders"
    assert not project.facts("a/kustomization.yaml")


def test_a_new_overlay_is_a_change_of_its_base(tmp_path: Path) -> None:
    project = Project(tmp_path, BASE)
    project.one("base/orders.yaml")
    assert any(name.startswith("**/") for name in project.workspace.take_opened())


_JUNK: tuple[Any, ...] = (
    5,
    -1,
    1.5,
    True,
    None,
    "",
    "text",
    "[",
    [],
    {},
    ["a", 1, None],
    {"a": {"b": [1]}},
    {"$patch": "delete"},
)


def test_wrong_types_anywhere(tmp_path: Path) -> None:
    overlay = """
        {namespace: a, namePrefix: b-, nameSuffix: -c, commonLabels: {d: e}, commonAnnotations: {f: g}, resources: [o.yaml],
        labels: [{pairs: {h: i}, includeSelectors: true}], images: [{name: shop/orders, newName: j, newTag: 1}],
        replicas: [{name: orders, count: 2}], components: [c], patchesStrategicMerge: ["{a: b}\\n", p.yaml],
        patches: [{path: p.yaml, target: {kind: D.*, labelSelector: "a=b,!c"}}, {patch: "[{op: add, path: /spec/replicas, value: 1}]", target: {name: orders}}],
        configMapGenerator: [{name: k, literals: [l=m], files: [o.yaml], envs: [o.yaml]}], secretGenerator: [{name: n, literals: [o=p]}]}
    """
    chance = random.Random(1)
    files = {"kustomization.yaml": overlay, "o.yaml": DEPLOYMENT, "p.yaml": STRATEGIC}
    workspace = Workspace(tmp_path)
    for _ in range(400):
        for name, text in files.items():
            data = parse(Source(name, dedent(text).encode())).documents[0].data
            for _ in range(chance.randint(0, 3)):
                _spoil(data, chance)
            workspace.add(Source(name, json.dumps(data).encode()))
        for name in files:
            for document in workspace.documents(name):
                for manifest in manifests(document):
                    assert manifest.at("spec", "template").path
                if FORMAT.sniff(document):
                    locate(locations_in(list(FORMAT.facts(document))), workspace)


def _spoil(data: Any, chance: random.Random) -> None:
    while isinstance(data, dict | list) and data:
        key = chance.choice(list(data) if isinstance(data, dict) else range(len(data)))
        if chance.random() < 0.3:
            data[key] = chance.choice(_JUNK)
            return
        data = data[key]
