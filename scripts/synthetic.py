"""Made-up systems of any size, as manifests in memory: what `scripts/scale.py` measures with.

Services stand in namespaces of fifty; every tenth is a database. Each service has a workload, an endpoint and an entity in a catalog, and
one more resource of a kind that changes from service to service: mesh and network policies, autoscalers, budgets, routes, descriptions of
HTTP APIs and of channels. A service calls five others and uses the database of its ten.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from archlint.engine.detect import Detector
from archlint.engine.locate import locations_in
from archlint.model.facts import Fact
from archlint.plugins.registry import Registry
from archlint.source.document import Document
from archlint.source.location import Region
from archlint.source.pointer import Pointer
from archlint.source.source import Source

TEAM = 50

type Manifest = dict[str, Any]
type Maker = Callable[[str, str, int], Manifest]


class _Nowhere:
    """The locator of documents without a text: the regions are set afterwards."""

    def locate(self, places: Iterable[tuple[Pointer, bool]]) -> Mapping[tuple[Pointer, bool], Region]:
        return dict.fromkeys(places, Region.point(1, 1))


def facts_of(size: int, *, seed: int) -> list[Fact]:
    """Return the facts of the manifests of a system of *size* services, as the formats read them."""
    detector = Detector(Registry.load().formats)
    found: list[Fact] = []
    for path, index, data in manifests(size, seed=seed):
        document = Document(Source(path, b""), index, data, _Nowhere())
        form = detector.recognise(document)
        if form is None:
            raise SystemExit(f"no format knows {data}")
        found.extend(form.facts(document))
    for location in locations_in(found):
        line = 20 * location.document + len(location.pointer) + 1
        location.region = Region(line, 1, line, 20)
        location.anchor = "".join(f"/{key}" for key in location.pointer)
    return found


def manifests(size: int, *, seed: int) -> Iterator[tuple[str, int, Manifest]]:
    """Yield path, index and data of every manifest of *size* services."""
    chosen = random.Random(seed)  # noqa: S311 - no secrets are made here
    for number in range(size):
        name, team = _name(number), _team(number)
        further = _KINDS[number // 2 % len(_KINDS)](name, team, number)
        own = [_workload(chosen, size, number), _endpoint(name, team, number), _entity(number, size)]
        if "apiVersion" in further:
            own.append(further)
        else:
            yield f"{team}/{name}/api.yaml", 0, further
        for index, manifest in enumerate(own):
            yield f"{team}/{name}/{name}.yaml", index, manifest
        if number % TEAM == 0:
            yield from ((f"{team}/policies.yaml", index, item) for index, item in enumerate(_shared(team)))


def _name(number: int) -> str:
    return f"service-{number}"


def _team(number: int) -> str:
    return f"team-{number // TEAM}"


def _is_store(number: int) -> bool:
    return number % 10 == 0


def _resource(version: str, kind: str, name: str, team: str, **parts: Any) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": team}, **parts}


def _workload(chosen: random.Random, size: int, number: int) -> Manifest:
    name, team = _name(number), _team(number)
    container: Manifest = {
        "name": name,
        "image": "postgres:17" if _is_store(number) else f"shop/{name}:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
    }
    if not _is_store(number):
        container["env"] = [_setting(chosen, size, number, index) for index in range(6)]
    labels = {"app": name, "team": team}
    return _resource(
        "apps/v1",
        "Deployment",
        name,
        team,
        spec={
            "replicas": 1 + number % 3,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"serviceAccountName": name, "containers": [container]},
            },
        },
    )


def _setting(chosen: random.Random, size: int, number: int, index: int) -> Manifest:
    other = chosen.randrange(size) if index else number // 10 * 10
    host = f"{_name(other)}.{_team(other)}"
    is_store = _is_store(other)
    value = f"postgres://{host}:5432/db{chosen.randrange(3)}" if is_store else f"http://{host}:8080"
    return {"name": f"TARGET_{index}_URL", "value": value}


def _endpoint(name: str, team: str, number: int) -> Manifest:
    port = {"name": "http", "port": 5432 if _is_store(number) else 8080, "targetPort": 8080}
    return _resource("v1", "Service", name, team, spec={"selector": {"app": name}, "ports": [port]})


def _entity(number: int, size: int) -> Manifest:
    spec: Manifest = {"type": "service", "lifecycle": "production", "owner": _team(number)}
    if number % 2:
        spec["dependsOn"] = [f"component:default/{_name((number + 1) % size)}"]
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": _name(number)},
        "spec": spec,
    }


def _virtual_service(name: str, team: str, number: int) -> Manifest:
    route: Manifest = {"route": [{"destination": {"host": name}}], "timeout": f"{1 + number % 9}s"}
    route["retries"] = {"attempts": number % 4, "perTryTimeout": "2s"}
    return _resource(
        "networking.istio.io/v1", "VirtualService", name, team, spec={"hosts": [name], "http": [route]}
    )


def _destination_rule(name: str, team: str, number: int) -> Manifest:
    policy = {
        "connectionPool": {"http": {"http1MaxPendingRequests": 10 + number % 5}},
        "outlierDetection": {"consecutive5xxErrors": 5},
    }
    return _resource(
        "networking.istio.io/v1",
        "DestinationRule",
        name,
        team,
        spec={"host": f"{name}.{team}.svc.cluster.local", "trafficPolicy": policy},
    )


def _network_policy(name: str, team: str, number: int) -> Manifest:
    peer = {"podSelector": {"matchLabels": {"app": _name(number + 1)}}}
    return _resource(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        name,
        team,
        spec={
            "podSelector": {"matchLabels": {"app": name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [peer], "ports": [{"port": 8080}]}],
        },
    )


def _budget(name: str, team: str, number: int) -> Manifest:
    return _resource(
        "policy/v1",
        "PodDisruptionBudget",
        name,
        team,
        spec={"minAvailable": number % 3, "selector": {"matchLabels": {"app": name}}},
    )


def _autoscaler(name: str, team: str, number: int) -> Manifest:
    return _resource(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        name,
        team,
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 1,
            "maxReplicas": 2 + number % 5,
        },
    )


def _authorization(name: str, team: str, number: int) -> Manifest:
    source = {"principals": [f"cluster.local/ns/{team}/sa/{_name(number + 1)}"]}
    return _resource(
        "security.istio.io/v1",
        "AuthorizationPolicy",
        name,
        team,
        spec={
            "selector": {"matchLabels": {"app": name}},
            "action": "ALLOW",
            "rules": [{"from": [{"source": source}]}],
        },
    )


def _ingress(name: str, team: str, number: int) -> Manifest:
    backend = {"service": {"name": name, "port": {"number": 8080}}}
    path = {"path": f"/{number}", "pathType": "Prefix", "backend": backend}
    return _resource(
        "networking.k8s.io/v1",
        "Ingress",
        name,
        team,
        spec={"rules": [{"host": "shop.example.com", "http": {"paths": [path]}}]},
    )


def _http_route(name: str, team: str, number: int) -> Manifest:
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": f"/{number}"}}],
        "backendRefs": [{"name": name, "port": 8080}],
        "timeouts": {"request": "5s"},
    }
    return _resource(
        "gateway.networking.k8s.io/v1",
        "HTTPRoute",
        name,
        team,
        spec={"parentRefs": [{"name": "edge"}], "hostnames": ["shop.example.com"], "rules": [rule]},
    )


def _config(name: str, team: str, number: int) -> Manifest:
    return _resource("v1", "ConfigMap", f"{name}-config", team, data={"LEVEL": f"{number % 5}", "A": "b"})


def _subscription(name: str, team: str, number: int) -> Manifest:
    return _resource(
        "dapr.io/v2alpha1",
        "Subscription",
        name,
        team,
        spec={"topic": f"topic-{number // 7}", "pubsubname": "bus", "routes": {"default": "/events"}},
        scopes=[name],
    )


def _api(name: str, team: str, number: int) -> Manifest:
    responses = {"200": {"description": "fine"}, "default": {"$ref": "#/components/responses/Error"}}
    key = "created_at" if number % 4 else "createdAt"
    schema = {"type": "object", "properties": {key: {"type": "string", "format": "date-time"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": f"{1 + number % 3}.0.0"},
        "servers": [{"url": f"http://{name}.{team}:8080/v{1 + number % 3}"}],
        "paths": {
            f"/things{n}": {"get": {"operationId": f"get{n}", "responses": responses}} for n in range(5)
        },
        "components": {
            "schemas": {"Thing": schema, "Money": {"type": "object"}},
            "responses": {"Error": {"description": "not fine"}},
        },
    }


def _channels(name: str, _team: str, number: int) -> Manifest:
    message = {"payload": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}}
    action = "send" if number % 4 < 2 else "receive"  # noqa: PLR2004
    return {
        "asyncapi": "3.0.0",
        "info": {"title": name, "version": "1.0.0"},
        "servers": {"bus": {"host": "kafka:9092", "protocol": "kafka"}},
        "channels": {"events": {"address": f"events-{number // 9}", "messages": {"event": message}}},
        "operations": {"it": {"action": action, "channel": {"$ref": "#/channels/events"}}},
    }


def _shared(team: str) -> list[Manifest]:
    return [
        _resource(
            "security.istio.io/v1", "PeerAuthentication", "default", team, spec={"mtls": {"mode": "STRICT"}}
        ),
        _resource(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "deny",
            team,
            spec={"podSelector": {}, "policyTypes": ["Ingress"]},
        ),
        _resource(
            "dapr.io/v1alpha1",
            "Component",
            "bus",
            team,
            spec={"type": "pubsub.kafka", "version": "v1", "metadata": []},
        ),
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team}},
    ]


_KINDS: tuple[Maker, ...] = (
    _virtual_service,
    _destination_rule,
    _network_policy,
    _budget,
    _autoscaler,
    _authorization,
    _ingress,
    _http_route,
    _config,
    _subscription,
    _api,
    _channels,
)
