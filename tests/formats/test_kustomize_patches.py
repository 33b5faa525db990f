"""The patches of kustomizations: what they aim at, and what they change."""

from pathlib import Path

import pytest
from kustomizations import BASE, STRATEGIC, Project

from archlint.formats.kubernetes import manifests
from archlint.model.facts import WorkloadFact


@pytest.mark.parametrize(
    "patch",
    [
        "patchesStrategicMerge: [patch.yaml]",
        "patches: [{path: patch.yaml}]",
        "patches: [{path: patch.yaml, target: {kind: Deploy.*}}]",
    ],
)
def test_a_strategic_merge_patch_is_merged_item_by_item(tmp_path: Path, patch: str) -> None:
    project = Project(
        tmp_path,
        {**BASE, "prod/kustomization.yaml": f"resources: [../base]\n{patch}", "prod/patch.yaml": STRATEGIC},
    )
    (fact,) = (fact for fact in project.facts("base/orders.yaml") if isinstance(fact, WorkloadFact))
    (container,) = fact.containers
    assert fact.replicas == 3
    assert container.resources == {"limits.memory": "1Gi"}
    assert container.image == "shop/orders:1"
    places = {
        item.key: (item.at.path, item.at.region and item.at.region.start_line) for item in container.settings
    }
    assert places == {"STOCK_URL": ("base/orders.yaml", 12), "DB": ("prod/patch.yaml", 12)}
    assert not project.facts("prod/patch.yaml")


def test_an_inline_patch_tells_its_own_lines(tmp_path: Path) -> None:
    overlay = """
        resources: [../base]
        patches:
          - target: {kind: Deployment, name: orders}
            patch: |-
              - op: add
                path: /spec/template/spec/containers/0/env/-
                value:
                  name: DB
                  value: postgres
              - op: replace
                path: /spec/template/spec/containers/0/image
                value: other:2
              - op: remove
                path: /spec/template/metadata/labels/app
    """
    project = Project(tmp_path, {**BASE, "prod/kustomization.yaml": overlay})
    (fact,) = (fact for fact in project.facts("base/orders.yaml") if isinstance(fact, WorkloadFact))
    (setting,) = (item for item in fact.containers[0].settings if item.key == "DB")
    assert setting.at.path == "prod/kustomization.yaml"
    assert setting.at.region is not None
    assert (setting.at.region.start_line, setting.at.region.start_column) == (9, 18)
    assert fact.containers[0].image == "other:2"
    assert fact.labels == {}


def test_a_json_patch_that_does_not_fit_changes_nothing_further(tmp_path: Path) -> None:
    patches = """
        resources: [../base]
        patchesJson6902:
          - target: {kind: Deployment, name: orders, group: apps, version: v1}
            path: patch.json
    """
    operations = '[{"op": "replace", "path": "/spec/none/x", "value": 1}, {"op": "add", "path": "/spec/replicas", "value": 2}]'
    project = Project(tmp_path, {**BASE, "prod/kustomization.yaml": patches, "prod/patch.json": operations})
    assert project.one("base/orders.yaml").get("spec", "replicas") is None


@pytest.mark.parametrize(
    "target",
    [
        "{kind: StatefulSet}",
        "{name: order}",
        "{name: '(a+)+$'}",
        "{group: batch}",
        "{namespace: other}",
        "{labelSelector: app=other}",
        "{kind: Deployment, annotationSelector: a}",
    ],
)
def test_a_patch_leaves_what_it_does_not_aim_at(tmp_path: Path, target: str) -> None:
    overlay = f"resources: [../base]\npatches: [{{path: patch.yaml, target: {target}}}]"
    project = Project(tmp_path, {**BASE, "prod/kustomization.yaml": overlay, "prod/patch.yaml": STRATEGIC})
    assert project.one("base/orders.yaml").get("spec", "replicas") is None


def test_what_all_overlays_delete_is_not_deployed_and_what_one_keeps_is(tmp_path: Path) -> None:
    delete = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: orders}, $patch: delete}"
    files = {
        **BASE,
        "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]",
        "prod/p.yaml": delete,
    }
    assert not list(manifests(Project(tmp_path, files).documents("base/orders.yaml")[0]))
    files["dev/kustomization.yaml"] = "resources: [../base]"
    assert len(list(manifests(Project(tmp_path, files).documents("base/orders.yaml")[0]))) == 1


def test_what_one_overlay_adds_is_not_missing_and_productions_value_stands(tmp_path: Path) -> None:
    def overlay(replicas: int, host: str, more: str = "") -> str:
        return f"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {{name: orders}}
            spec:
              replicas: {replicas}
              template: {{spec: {{containers: [{{name: orders, env: [{{name: DB, value: {host}}}]{more}}}]}}}}
        """

    listed = "resources: [../../base]\npatches: [{path: p.yaml}]"
    project = Project(
        tmp_path,
        {
            **BASE,
            "overlays/dev/kustomization.yaml": listed,
            "overlays/dev/p.yaml": overlay(1, "local", ", livenessProbe: {tcpSocket: {port: 1}}"),
            "overlays/prod/kustomization.yaml": listed,
            "overlays/prod/p.yaml": overlay(3, "cloud"),
        },
    )
    (fact,) = (fact for fact in project.facts("base/orders.yaml") if isinstance(fact, WorkloadFact))
    assert fact.replicas == 3
    assert fact.containers[0].liveness is not None
    assert [item.value for item in fact.containers[0].settings if item.key == "DB"] == ["cloud", "local"]
