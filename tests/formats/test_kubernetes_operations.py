"""What is said of running a system: scalers, canaries, certificates, secrets, storage, experiments, topics."""

from pathlib import Path
from textwrap import dedent

from systems import deployment, edges_of, graph_of

from archlint.api import (
    ChannelFact,
    ConfigFact,
    DependencyFact,
    EndpointFact,
    Fact,
    RouteFact,
    SelectFact,
    WorkloadFact,
)
from archlint.engine.resolve import Workspace
from archlint.formats.kubernetes import FORMAT, manifests
from archlint.formats.kubernetes.chaos import experiments
from archlint.formats.kubernetes.monitors import chosen_scopes
from archlint.formats.kubernetes.secrets_operators import remote_keys

_SCALER = """
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {{name: billing, namespace: shop}}
spec:
  scaleTargetRef: {{name: billing}}
  triggers:
  - {trigger}
"""


def _facts[F: Fact](folder: Path, text: str, kind: type[F]) -> list[F]:
    (folder / "a.yaml").write_text(dedent(text), encoding="utf-8")
    documents = Workspace(folder).documents("a.yaml")
    return [fact for document in documents for fact in FORMAT.facts(document) if isinstance(fact, kind)]


def _scaled(folder: Path, trigger: str) -> tuple[list[ChannelFact], list[DependencyFact]]:
    text = _SCALER.format(trigger=trigger)
    return _facts(folder, text, ChannelFact), _facts(folder, text, DependencyFact)


def test_a_scaler_of_a_topic_tells_who_consumes_it(tmp_path: Path) -> None:
    channels, uses = _scaled(
        tmp_path,
        "{type: kafka, metadata: {bootstrapServers: 'kafka.shop:9092', topic: 'placed, paid', consumerGroup: billing}}",
    )
    assert [(fact.action, fact.address, fact.service, fact.group) for fact in channels] == [
        ("receive", "placed", "billing", "billing"),
        ("receive", "paid", "billing", "billing"),
    ]
    assert (channels[0].protocol, channels[0].kind, channels[0].broker) == (
        "kafka",
        "topic",
        "kafka.shop:9092",
    )
    assert {(fact.source, fact.target, fact.kind, fact.protocol) for fact in uses} == {
        ("billing", "kafka.shop", "uses", "kafka")
    }


def test_scalers_of_queues_name_them_in_their_own_ways(tmp_path: Path) -> None:
    for trigger, address in (
        ("{type: rabbitmq, metadata: {queueName: jobs, host: 'amqp://me:secret@rabbit:5672/shop'}}", "jobs"),
        ("{type: aws-sqs-queue, metadata: {queueURL: 'https://sqs.eu-west-1.amazonaws.com/1/jobs'}}", "jobs"),
        ("{type: pulsar, metadata: {topic: 'persistent://public/default/jobs'}}", "public/default/jobs"),
        ("{type: azure-servicebus, metadata: {topicName: jobs, subscriptionName: billing}}", "jobs"),
    ):
        channels, _ = _scaled(tmp_path, trigger)
        assert [fact.address for fact in channels] == [address]
    _, uses = _scaled(
        tmp_path, "{type: rabbitmq, metadata: {queueName: jobs, host: 'amqp://me:secret@rabbit:5672/shop'}}"
    )
    assert [fact.target for fact in uses] == ["rabbit"]


def test_other_scalers_name_no_channel(tmp_path: Path) -> None:
    for trigger in (
        "{type: prometheus, metadata: {query: up, serverAddress: 'http://prometheus:9090'}}",
        "{type: cron, metadata: {start: '0 6 * * *'}}",
        "{type: rabbitmq, metadata: {queueName: '^jobs.*', useRegex: 'true'}}",
        "{type: kafka, metadata: {topic: '{{ topic }}'}}",
        "{type: kafka, metadata: [topic]}",
        "{type: kafka}",
        "kafka",
    ):
        assert _scaled(tmp_path, trigger) == ([], [])


def test_a_scaler_adds_edges_to_the_graph() -> None:
    scaler = _SCALER.format(
        trigger="{type: rabbitmq, metadata: {queueName: jobs, host: 'amqp://rabbit.shop:5672'}}"
    )
    files = {
        "a.yaml": deployment("billing", namespace="shop")
        + deployment("rabbit", image="rabbitmq:3", namespace="shop", service="rabbit")
        + scaler,
        "b.yaml": deployment("billing", namespace="other"),
    }
    graph = graph_of(files)
    assert {(kind, target) for kind, _, target in edges_of(graph)} == {
        ("consumes", "jobs"),
        ("uses", "rabbit"),
    }
    (topic,) = graph.topics
    assert [service.scope for service in topic.consumers] == ["k8s:shop"]


def test_a_scaled_job_is_a_workload(tmp_path: Path) -> None:
    text = """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledJob
        metadata: {name: render}
        spec:
          jobTargetRef: {template: {spec: {containers: [{name: render, image: "shop/render:1"}]}}}
          triggers: [{type: rabbitmq, metadata: {queueName: frames}}]
        """
    (workload,) = _facts(tmp_path, text, WorkloadFact)
    assert (workload.kind, workload.name, workload.containers[0].image) == (
        "ScaledJob",
        "render",
        "shop/render:1",
    )
    (channel,) = _facts(tmp_path, text, ChannelFact)
    assert (channel.service, channel.address) == ("render", "frames")


def test_a_canary_makes_services_and_a_route(tmp_path: Path) -> None:
    text = """
        apiVersion: flagger.app/v1beta1
        kind: Canary
        metadata: {name: orders, namespace: shop}
        spec:
          targetRef: {apiVersion: apps/v1, kind: Deployment, name: orders}
          service:
            port: 8080
            gateways: [public]
            hosts: [shop.example.com]
            timeout: 2s
            retries: {attempts: 3, perTryTimeout: 500ms}
        """
    (canary,) = _facts(tmp_path, text, SelectFact)
    assert (canary.kind, canary.target) == ("flagger.app/Canary", ("Deployment", "orders"))
    assert [(end.name, end.workload) for end in _facts(tmp_path, text, EndpointFact)] == [
        ("orders", "orders"),
        ("orders-primary", "orders"),
        ("orders-canary", "orders"),
    ]
    (route,) = _facts(tmp_path, text, RouteFact)
    assert (route.hosts, route.public, route.mesh) == (("shop.example.com", "orders"), True, False)
    assert route.policy is not None
    assert {key: value.value for key, value in route.policy.values.items()} == {
        "timeoutMs": 2000,
        "perTryTimeoutMs": 500,
        "retries": 3,
    }


def test_a_canary_without_a_port_makes_no_route(tmp_path: Path) -> None:
    text = """
        apiVersion: flagger.app/v1beta1
        kind: Canary
        metadata: {name: orders}
        spec: {targetRef: {name: orders}}
        """
    assert _facts(tmp_path, text, RouteFact) == []
    (canary,) = _facts(tmp_path, text, SelectFact)
    assert canary.target == ("Deployment", "orders")


def test_a_rollout_may_take_the_template_of_a_deployment(tmp_path: Path) -> None:
    text = """
        apiVersion: argoproj.io/v1alpha1
        kind: Rollout
        metadata: {name: orders}
        spec: {replicas: 3, workloadRef: {apiVersion: apps/v1, kind: Deployment, name: orders}}
        """
    (rollout,) = _facts(tmp_path, text, SelectFact)
    assert (rollout.kind, rollout.target) == ("argoproj.io/Rollout", ("Deployment", "orders"))


def test_certificates_and_operators_make_secrets(tmp_path: Path) -> None:
    text = """
        apiVersion: cert-manager.io/v1
        kind: Certificate
        metadata: {name: web}
        spec: {secretName: web-tls, issuerRef: {name: own}}
        ---
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata: {name: database}
        spec:
          secretStoreRef: {name: vault, kind: ClusterSecretStore}
          target: {name: orders-database}
          data: [{secretKey: DATABASE_URL, remoteRef: {key: shop/orders}}]
        ---
        apiVersion: bitnami.com/v1alpha1
        kind: SealedSecret
        metadata: {name: mail}
        spec: {encryptedData: {PASSWORD: AgBy3i4OJSWK}}
        ---
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata: {name: plain}
        spec: {dataFrom: [{extract: {key: shop/all}}]}
        """
    secrets = {
        fact.name: {entry.key: entry.value for entry in fact.entries}
        for fact in _facts(tmp_path, text, ConfigFact)
    }
    assert secrets == {
        "web-tls": {"tls.crt": None, "tls.key": None, "ca.crt": None},
        "orders-database": {"DATABASE_URL": None},
        "mail": {"PASSWORD": None},
        "plain": {},
    }
    specs = {fact.name: fact.spec for fact in _facts(tmp_path, text, SelectFact)}
    assert remote_keys(specs["database"]) == {"ClusterSecretStore/vault#shop/orders"}
    assert remote_keys(specs["plain"]) == {"#shop/all"}
    assert remote_keys({"data": [1, {"remoteRef": 2}], "dataFrom": {}}) == remote_keys(None) == set()


def test_an_entry_that_an_operator_fetches_unseen_still_leads_to_a_store() -> None:
    entry = "{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: plain, key: url}}}"
    secret = """
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: plain}
spec: {dataFrom: [{extract: {key: shop/all}}]}
"""
    graph = graph_of({"a.yaml": deployment("orders", entry) + deployment("stock", entry) + secret})
    assert {kind for kind, _, _ in edges_of(graph)} == {"uses"}
    assert len(graph.datastores) == 1


def test_claims_and_topics(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: files}
        spec: {accessModes: [ReadWriteMany]}
        ---
        apiVersion: kafka.strimzi.io/v1
        kind: KafkaTopic
        metadata: {name: orders-placed, labels: {strimzi.io/cluster: main}}
        spec: {topicName: orders.placed, partitions: 6, replicas: true}
        """
    (claim,) = _facts(tmp_path, text, SelectFact)
    assert (claim.kind, claim.spec) == ("PersistentVolumeClaim", {"accessModes": ["ReadWriteMany"]})
    (topic,) = _facts(tmp_path, text, ChannelFact)
    assert (topic.address, topic.broker, topic.action, topic.extra) == (
        "orders.placed",
        "main",
        "",
        {"partitions": 6},
    )


def test_experiments_stand_alone_on_a_schedule_and_in_workflows(tmp_path: Path) -> None:
    text = """
        apiVersion: chaos-mesh.org/v1alpha1
        kind: PodChaos
        metadata: {name: kill}
        spec: {action: pod-kill, mode: one, selector: {labelSelectors: {app: orders}}}
        ---
        apiVersion: chaos-mesh.org/v1alpha1
        kind: Schedule
        metadata: {name: nightly}
        spec: {schedule: "@daily", type: IOChaos, ioChaos: {mode: all, selector: {namespaces: [shop]}}}
        ---
        apiVersion: chaos-mesh.org/v1alpha1
        kind: Workflow
        metadata: {name: game-day}
        spec:
          entry: start
          templates:
          - {name: start, templateType: Serial, children: [slow, often]}
          - {name: slow, templateType: NetworkChaos, deadline: 5m, networkChaos: {mode: one, selector: {}}}
          - {name: often, templateType: Schedule, schedule: {type: StressChaos, stressChaos: {mode: one, selector: {}}}}
        """
    (tmp_path / "a.yaml").write_text(dedent(text))
    found = [
        (one.kind, one.name, one.is_bounded)
        for document in Workspace(tmp_path).documents("a.yaml")
        for manifest in manifests(document)
        for one in experiments(manifest)
    ]
    assert found == [
        ("PodChaos", "kill", True),
        ("IOChaos", "nightly", False),
        ("NetworkChaos", "slow", True),
        ("StressChaos", "often", False),
    ]
    kinds = [fact.kind for fact in _facts(tmp_path, text, SelectFact)]
    assert kinds[:2] == ["chaos-mesh.org/PodChaos", "chaos-mesh.org/IOChaos"]


def test_how_long_a_container_sleeps_before_it_stops_is_known(tmp_path: Path) -> None:
    text = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: orders}
        spec:
          strategy: {type: Recreate}
          template:
            spec:
              containers:
              - {name: orders, image: "shop/orders:1", lifecycle: {preStop: {sleep: {seconds: 10}}}}
              - {name: proxy, image: "shop/proxy:1", lifecycle: {preStop: {exec: {command: [sleep, "20"]}}}}
        """
    (workload,) = _facts(tmp_path, text, WorkloadFact)
    assert workload.extra == {"strategy": "Recreate", "preStopSeconds": 20}


def test_settings_in_the_file_of_a_config_map_stand_on_their_own_lines(tmp_path: Path) -> None:
    text = """\
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data:
          application.yaml: |
            orders:
              url: http://orders:8080
            stock:
              url: http://stock:8080
            same: {one: 1}
          app.properties: "a=1"
        """
    (config,) = _facts(tmp_path, text, ConfigFact)
    lines = {entry.key: entry.at.region.start_line if entry.at.region else None for entry in config.entries}
    assert lines == {"orders.url": 7, "stock.url": 9, "same.one": None, "a": None}
    place = next(entry.at for entry in config.entries if entry.key == "stock.url")
    assert (str(place), place.anchor) == ("a.yaml:9:12", "/data/application.yaml/stock.url")


def test_monitors_choose_namespaces(tmp_path: Path) -> None:
    text = """
        apiVersion: monitoring.coreos.com/v1
        kind: ServiceMonitor
        metadata: {name: orders, namespace: monitoring}
        spec: {selector: {matchLabels: {app: orders}}, namespaceSelector: {matchNames: [shop]}, endpoints: [{port: metrics}]}
        """
    (monitor,) = _facts(tmp_path, text, SelectFact)
    assert monitor.selector == {"matchLabels": {"app": "orders"}}
    assert chosen_scopes(monitor.spec, monitor.scope) == ["k8s:shop"]
    assert chosen_scopes({"namespaceSelector": {"any": True}}, "k8s:a") is None
    assert chosen_scopes({"namespaceSelector": {"matchNames": "a"}}, "k8s:a") == ["k8s:a"]
    assert chosen_scopes({}, "k8s:a") == ["k8s:a"]


def test_an_action_of_any_type_is_no_reason_to_crash(tmp_path: Path) -> None:
    text = """
        apiVersion: chaos-mesh.org/v1alpha1
        kind: PodChaos
        metadata: {name: kill}
        spec: {action: [pod-kill], mode: {}, selector: {labelSelectors: [app]}}
        """
    (experiment,) = _facts(tmp_path, text, SelectFact)
    assert experiment.name == "kill"
