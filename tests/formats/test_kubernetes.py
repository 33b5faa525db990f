"""Kubernetes manifests: what is one, what its views show, and what it says of the system."""

from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import Document, EndpointFact, Fact, WorkloadFact
from archlint.engine.resolve import Workspace
from archlint.formats.kubernetes import FORMAT, ContainerView, Manifest, Workload, manifests, settings_in

DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: orders, namespace: shop, labels: {team: checkout}}
    spec:
      replicas: 3
      selector: {matchLabels: {app: orders}}
      template:
        metadata: {labels: {app: orders}, annotations: {dapr.io/app-id: orders}}
        spec:
          serviceAccountName: orders
          terminationGracePeriodSeconds: 45
          initContainers:
          - {name: migrate, image: "shop/orders:1", command: [migrate]}
          containers:
          - name: orders
            image: shop/orders:1
            args: ["--stock=http://stock:8080", "-v", serve, "--zone", eu, "DEBUG=1", "redis://cache:6379"]
            ports: [{containerPort: 8080, name: http}]
            envFrom:
            - {configMapRef: {name: settings}, prefix: APP_}
            - {secretRef: {name: keys}}
            env:
            - {name: STOCK_URL, value: "http://stock:8080"}
            - {name: WORKERS, value: 4}
            - {name: REGION, value: "{{ .Values.region }}"}
            - {name: OWN, value: "http://$(POD_IP)"}
            - {name: ZONE, valueFrom: {configMapKeyRef: {name: settings, key: zone}}}
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: keys, key: db}}}
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
            livenessProbe: {tcpSocket: {port: 8080}}
            startupProbe: {grpc: {port: 9000}}
            resources: {limits: {memory: 1Gi}, requests: {cpu: 100m}}
            volumeMounts: [{name: files, mountPath: /etc/orders, readOnly: true}]
          - {name: istio-proxy, image: proxy}
          volumes:
          - {name: files, configMap: {name: settings}}
          - {name: data, persistentVolumeClaim: {claimName: orders-data}}
          - {name: scratch, emptyDir: {}}
    """


def _read(folder: Path, text: str, name: str = "app.yaml", **files: str) -> list[Document]:
    for path, content in {
        name: text,
        **{key.replace("__", "/") + ".yaml": part for key, part in files.items()},
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(content), encoding="utf-8")
    return list(Workspace(folder).documents(name))


def _facts[F: Fact](folder: Path, text: str, kind: type[F]) -> list[F]:
    return [
        fact for document in _read(folder, text) for fact in FORMAT.facts(document) if isinstance(fact, kind)
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}", "kubernetes apps/v1 Deployment"),
        ("{apiVersion: v1, kind: List, items: []}", "kubernetes v1 List"),
        (
            "{apiVersion: networking.istio.io/v1beta1, kind: Gateway, metadata: {}}",
            "kubernetes networking.istio.io/v1beta1 Gateway",
        ),
        ("{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: a}}", ""),
        ("{apiVersion: archlint.dev/v1, kind: Service, metadata: {name: a}}", ""),
        ("{apiVersion: score.dev/v1b1, kind: Workload, metadata: {name: a}}", ""),
        (
            "{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization}",
            "kubernetes Kustomization",
        ),
        ("{apiVersion: v1, kind: Config, clusters: []}", ""),
        ("{apiVersion: v2, name: chart, version: 1.0.0}", ""),
        ("{apiVersion: '{{ .v }}', kind: Deployment, metadata: {}}", ""),
        ("{apiVersion: 1, kind: Deployment, metadata: {}}", ""),
        ("[1, 2]", ""),
        ("text", ""),
    ],
)
def test_a_manifest_has_an_api_version_a_kind_and_metadata(tmp_path: Path, text: str, kind: str) -> None:
    assert FORMAT.sniff(_read(tmp_path, text)[0]) == kind


def test_a_workload_says_all_that_the_graph_needs(tmp_path: Path) -> None:
    (fact,) = _facts(tmp_path, DEPLOYMENT, WorkloadFact)
    assert (fact.kind, fact.name, fact.scope, fact.replicas) == ("Deployment", "orders", "k8s:shop", 3)
    assert (fact.service_account, fact.grace_seconds, fact.host_network) == ("orders", 45, False)
    assert (fact.labels, fact.own_labels) == ({"app": "orders"}, {"team": "checkout"})
    assert fact.annotations == {"dapr.io/app-id": "orders"}
    assert [(volume.name, volume.kind, volume.source) for volume in fact.volumes] == [
        ("files", "configmap", "settings"),
        ("data", "claim", "orders-data"),
        ("scratch", "empty", ""),
    ]
    migrate, orders, proxy = fact.containers
    assert (migrate.init, orders.init, proxy.sidecar, orders.sidecar) == (True, False, True, False)
    assert orders.mounts == (("files", "/etc/orders", True),)
    assert orders.resources == {"limits.memory": "1Gi", "requests.cpu": "100m"}
    assert [(port.number, port.name) for port in orders.ports] == [(8080, "http")]
    assert orders.readiness is not None
    assert orders.liveness is not None
    assert orders.startup is not None
    assert (orders.readiness.handler, orders.readiness.timing) == (
        "http:http/ready",
        (("periodSeconds", "5"),),
    )
    assert (orders.liveness.handler, orders.startup.handler) == ("tcp:8080", "grpc:9000/")


def test_settings_are_known_referred_to_or_unknown(tmp_path: Path) -> None:
    (fact,) = _facts(tmp_path, DEPLOYMENT, WorkloadFact)
    settings = fact.containers[1].settings
    assert [(item.key, item.value, item.source) for item in settings if item.via == "env"] == [
        ("APP_", None, "configmap:settings#"),
        ("", None, "secret:keys#"),
        ("STOCK_URL", "http://stock:8080", ""),
        ("WORKERS", "4", ""),
        ("REGION", None, ""),
        ("OWN", None, "text:http://$(POD_IP)"),
        ("ZONE", None, "configmap:settings#zone"),
        ("PASSWORD", None, "secret:keys#db"),
        ("POD_IP", None, "other:"),
    ]
    assert [(item.key, item.value) for item in settings if item.via == "argument"] == [
        ("stock", "http://stock:8080"),
        ("v", "serve"),
        ("zone", "eu"),
        ("DEBUG", "1"),
        ("", "redis://cache:6379"),
    ]


def test_addresses_in_scripts_are_settings(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: Pod
        metadata: {name: load}
        spec:
          containers:
            - name: load
              image: curl
              command: [sh, -c]
              args:
                - |
                  curl -fs http://orders:80/all?x=1 > /dev/null
                  wget "https://u:p@a.b/c" http://$HOST/ http://x-${N}/
    """
    (fact,) = _facts(tmp_path, text, WorkloadFact)
    assert [item.value for item in fact.containers[0].settings] == [
        "http://orders:80/all?x=1",
        "https://u:p@a.b/c",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("load, 'orders:7000'", ["orders:7000"]),
        ("./wait-for-it.sh, 'orders:7000'", []),
        ("'prod:orders', '0.0.0.0:80'", []),
    ],
)
def test_an_address_alone_is_a_setting(tmp_path: Path, words: str, found: list[str]) -> None:
    text = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, args: [%s]}]}}"
    (fact,) = _facts(tmp_path, text % words, WorkloadFact)
    assert [item.value for item in fact.containers[0].settings] == found


def test_every_setting_stands_where_it_is_written(tmp_path: Path) -> None:
    (document,) = _read(tmp_path, DEPLOYMENT)
    found = {setting.key: setting.at for setting, _ in settings_in(document)}
    assert found["STOCK_URL"].pointer[-3:] == ("env", 0, "value")
    assert found["zone"].pointer[-2:] == ("args", 4)
    region = document.locator.locate([(found["STOCK_URL"].pointer, False)])[found["STOCK_URL"].pointer, False]
    assert document.source.lines[region.start_line - 1][region.start_column - 1 :].startswith(
        '"http://stock:8080"'
    )


@pytest.mark.parametrize(
    ("head", "template"),
    [
        ("{apiVersion: v1, kind: Pod", "spec: POD"),
        ("{apiVersion: apps/v1, kind: StatefulSet", "spec: {template: {spec: POD}}"),
        ("{apiVersion: apps/v1, kind: DaemonSet", "spec: {template: {spec: POD}}"),
        ("{apiVersion: apps/v1, kind: ReplicaSet", "spec: {template: {spec: POD}}"),
        ("{apiVersion: extensions/v1beta1, kind: Deployment", "spec: {template: {spec: POD}}"),
        ("{apiVersion: argoproj.io/v1alpha1, kind: Rollout", "spec: {template: {spec: POD}}"),
        ("{apiVersion: batch/v1, kind: Job", "spec: {template: {spec: POD}}"),
        ("{apiVersion: batch/v1, kind: CronJob", "spec: {jobTemplate: {spec: {template: {spec: POD}}}}"),
        ("{apiVersion: apps.openshift.io/v1, kind: DeploymentConfig", "spec: {template: {spec: POD}}"),
    ],
)
def test_the_pod_is_found_in_every_kind_of_workload(tmp_path: Path, head: str, template: str) -> None:
    text = (
        f"{head}, metadata: {{name: a}}, {template.replace('POD', '{containers: [{name: c, image: i}]}')}}}"
    )
    (document,) = _read(tmp_path, text)
    subjects = list(FORMAT.visit(document, frozenset((Manifest, Workload, ContainerView))))
    assert [type(subject) for subject in subjects] == [Manifest, Workload, ContainerView]
    (workload,) = (subject for subject in subjects if isinstance(subject, Workload))
    assert workload.runs_forever == (workload.kind not in {"Job", "CronJob"})
    assert workload.main_containers[0].image == "i"


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: example.com/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{image: i}]}}}}",
        "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: a}, spec: {workloadRef: {name: b}}}",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 2}}",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: c, env: []}]}}}}",
    ],
    ids=["another group", "by reference", "a patch without a pod", "a patch without an image"],
)
def test_what_only_looks_like_a_workload_is_none(tmp_path: Path, text: str) -> None:
    (document,) = _read(tmp_path, text)
    assert not list(FORMAT.visit(document, frozenset((Workload, ContainerView))))


@pytest.mark.parametrize(
    "patches",
    [
        "patchesStrategicMerge: [patches/orders.yaml]",
        "patches: [{path: patches/orders.yaml}]",
        "patches: [{path: ./patches/../patches/orders.yaml, target: {kind: Deployment}}]",
    ],
)
def test_a_patch_of_a_kustomization_is_no_workload(tmp_path: Path, patches: str) -> None:
    (document,) = _read(
        tmp_path,
        DEPLOYMENT,
        "overlay/patches/orders.yaml",
        overlay__kustomization=f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{patches}\n",
    )
    (manifest,) = manifests(document)
    assert manifest.is_fragment
    assert not list(FORMAT.visit(document, frozenset((Workload,))))


def test_a_resource_of_a_kustomization_is_a_workload(tmp_path: Path) -> None:
    (document,) = _read(
        tmp_path,
        DEPLOYMENT,
        "base/orders.yaml",
        base__kustomization="resources: [orders.yaml]\npatches: [{path: other.yaml}]\n",
    )
    assert list(FORMAT.visit(document, frozenset((Workload,))))


def test_streams_and_lists_are_taken_apart(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: Service
        metadata: {name: one}
        ---
        # nothing
        ---
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: Service, metadata: {name: two}}
        - 7
        - {apiVersion: v1, kind: ServiceList, items: [{apiVersion: v1, kind: Service, metadata: {name: three}}]}
        """
    found = [
        (fact.name, fact.at.document, fact.at.pointer)
        for document in _read(tmp_path, text)
        for fact in FORMAT.facts(document)
        if isinstance(fact, EndpointFact)
    ]
    assert found == [
        ("one", 0, ("metadata", "name")),
        ("two", found[1][1], ("items", 0, "metadata", "name")),
        ("three", found[1][1], ("items", 2, "items", 0, "metadata", "name")),
    ]


@pytest.mark.parametrize(
    ("text", "message", "pointer"),
    [
        (
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{image: i}]}}}}",
            "`name`",
            ("spec", "template", "spec", "containers", 0),
        ),
        (
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: [80]}]}}",
            "`port`",
            ("spec", "ports", 0, "port"),
        ),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: {y: 1}}}", "`x`", ("data", "x")),
        (
            "{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {jobTemplate: {spec: {template: {spec: {containers: 3}}}}}}",
            "`containers`",
            ("spec", "jobTemplate", "spec", "template", "spec", "containers"),
        ),
    ],
)
def test_what_the_graph_cannot_read_is_said_once_in_its_place(
    tmp_path: Path, text: str, message: str, pointer: tuple[str | int, ...]
) -> None:
    (problem,) = FORMAT.validate(_read(tmp_path, text)[0])
    assert problem.at is not None
    assert problem.at.pointer == pointer
    assert message in problem.message


@pytest.mark.parametrize(
    "text",
    [DEPLOYMENT, "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: null, ports: null}}"],
)
def test_what_is_right_is_not_reported(tmp_path: Path, text: str) -> None:
    assert not list(FORMAT.validate(_read(tmp_path, text.replace("{{ .Values.region }}", "eu"))[0]))


@pytest.mark.parametrize("value", ["7", "text", "[1]", "[[]]", "{a: 1}", "null", "true"])
@pytest.mark.parametrize(
    "place", ["metadata", "spec", "spec.template", "containers", "env", "ports", "data", "rules"]
)
def test_odd_shapes_are_never_a_crash(tmp_path: Path, place: str, value: str) -> None:
    parts = {
        "metadata": "metadata: VALUE, spec: {template: {spec: {containers: []}}}",
        "spec": "metadata: {name: a}, spec: VALUE",
        "spec.template": "metadata: {name: a}, spec: {template: VALUE}",
        "containers": "metadata: {name: a}, spec: {template: {spec: {containers: VALUE, volumes: VALUE}}}",
        "env": "metadata: {name: a}, spec: {template: {spec: {containers: [{name: c, image: VALUE, env: VALUE, envFrom: VALUE, args: VALUE, "
        "resources: VALUE, readinessProbe: {httpGet: VALUE}}]}}}",
        "ports": "metadata: {name: a}, spec: {ports: VALUE, selector: VALUE, type: VALUE}",
        "data": "metadata: {name: a, labels: VALUE, annotations: VALUE}, data: VALUE, stringData: VALUE",
        "rules": "metadata: {name: a}, spec: {rules: VALUE, backend: VALUE, scaleTargetRef: VALUE, podSelector: VALUE}",
    }
    heads = ("apps/v1, kind: Deployment", "v1, kind: Service", "v1, kind: ConfigMap", "v1, kind: Secret", "networking.k8s.io/v1, kind: Ingress",
             "autoscaling/v2, kind: HorizontalPodAutoscaler")  # fmt: skip
    for head in heads:
        (document,) = _read(
            tmp_path,
            f"{{apiVersion: {head}, {parts[place].replace('VALUE', value)}}}",
            f"{head[:3].strip('/,')}.yaml",
        )
        list(FORMAT.facts(document))
        list(FORMAT.visit(document, frozenset((Manifest, Workload, ContainerView))))
        list(FORMAT.validate(document))
        list(settings_in(document))
