"""What single documents say of a system: small records with a place each, the only thing the graph is built from.

Every fact has `at`, where it stands, `confidence` (0 to 1, catalogued per field of each format) and `extractor`, who read it:
two extractors that read the same field are one source. Names are kept as written; who is meant is decided by
`archlint.model.identity`, which alone sees all facts. `scope` is the space a short name is looked up in: `k8s:NAMESPACE` for
Kubernetes (empty namespace = `default` of its folder), `compose:PATH OF THE PROJECT'S FIRST FILE` for compose.
"""

from typing import Any, ClassVar, Literal

from msgspec import Struct
from msgspec.structs import replace

from archlint.model.exchange import Exchange
from archlint.model.policy import Policy
from archlint.source.location import Location


class BaseFact(Struct, kw_only=True, tag=True, tag_field="fact", omit_defaults=True):
    """What all facts have."""

    at: Location
    confidence: float = 1.0
    extractor: str = ""


class ServiceFact(BaseFact):
    """Somebody declares a service: a Backstage Component, an archlint manifest, a CALM node, a compose service.

    `entity` is its reference where the format has one (`component:default/orders`). `declares` tells whether the document is a
    model of the service's dependencies, so that an edge missing there is undeclared. `workload` names the workload it is known
    to be, where the document says so.
    """

    name: str
    entity: str = ""
    scope: str = ""
    aliases: tuple[str, ...] = ()
    system: str = ""
    domain: str = ""
    owner: str = ""
    role: str = ""
    tier: int | None = None
    lifecycle: str = ""
    visibility: str = ""
    first_party: bool | None = None
    declares: bool = False
    labels: dict[str, str] = {}
    extra: dict[str, Any] = {}


class Port(Struct, kw_only=True, omit_defaults=True):
    """A port of a container or of an endpoint; `target` is the container's port (number or name), `published` the host's."""

    number: int | None = None
    name: str = ""
    protocol: str = ""
    app_protocol: str = ""
    target: str = ""
    published: str = ""
    at: Location | None = None


class Setting(Struct, kw_only=True, omit_defaults=True):
    """A configured value: an environment variable, an argument, an entry of a configuration file.

    `value` is `None` when it is not known statically. `via` is where it comes from. `source` names the ConfigMap or Secret it is
    taken from, as `configmap:NAME#KEY` or `secret:NAME#KEY` (`#` alone for all of it, as in `envFrom`); or it is `text:` and what is
    written, where that holds other variables.
    """

    key: str
    value: str | None = None
    at: Location
    via: Literal["env", "argument", "config", "secret"] = "env"
    source: str = ""


class Probe(Struct, kw_only=True, omit_defaults=True):
    """A health check: the handler in a comparable form (`http:8080/health`, `tcp:8080`, `exec:…`) and its timing."""

    handler: str
    timing: tuple[tuple[str, str], ...] = ()
    at: Location


class Container(Struct, kw_only=True, omit_defaults=True):
    """A container of a workload; `resources` holds `limits.memory` and the like as written."""

    name: str
    at: Location
    image: str | None = ""
    init: bool = False
    sidecar: bool = False
    ports: tuple[Port, ...] = ()
    settings: tuple[Setting, ...] = ()
    command: tuple[str, ...] = ()
    mounts: tuple[tuple[str, str, bool], ...] = ()
    """Volume name, mount path, read-only."""
    readiness: Probe | None = None
    liveness: Probe | None = None
    startup: Probe | None = None
    resources: dict[str, str] = {}


class Volume(Struct, kw_only=True, omit_defaults=True):
    """A volume of a workload: `kind` is `configmap`, `secret`, `claim`, `named`, `host`, `empty` …; `source` the name of what it holds."""

    name: str
    kind: str
    source: str = ""
    at: Location | None = None


class WorkloadFact(BaseFact):
    """Something that runs: a Deployment and its kin, a compose service.

    `labels` are the pod's. `build` tells that the image is built from this repository. `waits_for` are start-order dependencies, as
    (name, condition). `home` is the scope of the compose project that declares it, where another one only takes it over,
    and `networks` are the names by which all projects know its networks.
    """

    kind: str
    name: str
    scope: str
    home: str = ""
    labels: dict[str, str] = {}
    own_labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    replicas: int | None = None
    service_account: str = ""
    grace_seconds: float | None = None
    host_network: bool = False
    build: bool = False
    waits_for: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    extra: dict[str, Any] = {}


class EndpointFact(BaseFact):
    """A name that others connect to: a Kubernetes Service, a compose service on its networks.

    `selector` is `None` for endpoints that select by other means (`workload` names it then) and for ones without. `engine` tells which
    datastore or broker answers there, where an operator runs it.
    """

    name: str
    scope: str
    hostnames: tuple[str, ...] = ()
    selector: dict[str, str] | None = None
    workload: str = ""
    ports: tuple[Port, ...] = ()
    kind: str = ""
    headless: bool = False
    external_name: str = ""
    exposure: Literal["internal", "node", "host", "public"] = "internal"
    engine: str = ""
    annotations: dict[str, str] = {}
    labels: dict[str, str] = {}


class ConfigFact(BaseFact):
    """A ConfigMap or Secret: its entries, values of Secrets never kept (`value` is `None`)."""

    kind: Literal["configmap", "secret"]
    name: str
    scope: str
    entries: tuple[Setting, ...] = ()


class SettingsFact(BaseFact):
    """An application's own configuration: read when it starts, overridden by the environment of what runs it.

    `name` is the application's; empty means the service the document belongs to. Values may hold `${NAME:default}`. They hold under
    `profile`, always when that is empty. `kept` tells that a configuration server keeps them for an application elsewhere.
    """

    name: str
    profile: str = ""
    kept: bool = False
    entries: tuple[Setting, ...] = ()


class Backend(Struct, kw_only=True, omit_defaults=True):
    """Where a route leads: a host as written, looked up in the route's scope."""

    host: str
    at: Location
    port: str = ""
    subset: str = ""
    weight: float | None = None
    scope: str = ""


class RouteFact(BaseFact):
    """Traffic for some hosts and paths goes to backends: Ingress, HTTPRoute, VirtualService, gateway configuration.

    `gateway` names the service that routes, where it is one of the system; `public` tells whether the outside can use the route.
    `policy` is what the route sets, `mesh` tells that calls between services follow the route as well.
    """

    kind: str
    name: str
    scope: str
    hosts: tuple[str, ...] = ()
    path: str = ""
    methods: tuple[str, ...] = ()
    backends: tuple[Backend, ...] = ()
    gateway: str = ""
    public: bool | None = None
    mesh: bool = False
    policy: Policy | None = None
    extra: dict[str, Any] = {}


class PolicyFact(BaseFact):
    """Calls are subject to a policy that is no route's: a client library's, a sidecar's, a gateway's for all of its routes.

    It holds for the calls of `source` (`None` = of everybody, empty = of the service the document belongs to) to `target` (`None` = to
    everybody, otherwise a host or a name), both as written and looked up in `scope`.
    """

    policy: Policy
    source: str | None = None
    target: str | None = None
    scope: str = ""


class SelectFact(BaseFact):
    """A policy or controller that applies to workloads: NetworkPolicy, PodDisruptionBudget, a mesh policy.

    Chosen by `selector` (`None` = not by labels), by `target` (kind, name) or by `host`. `spec` is the policy itself as written.
    """

    kind: str
    name: str
    scope: str
    selector: dict[str, Any] | None = None
    target: tuple[str, str] | None = None
    host: str = ""
    spec: dict[str, Any] = {}


class DependencyFact(BaseFact):
    """One party says that it depends on another.

    `source` and `target` are names as written (an entity reference, a host, an address) looked up in `scope`; an empty `source`
    means the service that the document belongs to. `kind` is empty where the format does not say.
    """

    source: str
    target: str
    kind: Literal["calls", "uses", "produces", "consumes", "routes", ""] = ""
    scope: str = ""
    protocol: str = ""
    port: int | None = None
    declared: bool = False
    criticality: str = ""
    extra: dict[str, Any] = {}


class DatastoreFact(BaseFact):
    """Somebody declares a datastore: a Backstage Resource, a Score resource, a manifest's `data` entry.

    With `database` it is that database rather than a server which may hold several.
    """

    name: str
    entity: str = ""
    engine: str = ""
    database: str = ""
    owner: str = ""
    system: str = ""
    scope: str = ""


class MessageFact(Struct, kw_only=True, omit_defaults=True):
    """A message as one side describes it; `payload` is its schema with references followed as far as the document goes."""

    name: str
    at: Location
    payload: Any = None
    schema_format: str = ""
    content_type: str = ""
    headers: Any = None


class ChannelFact(BaseFact):
    """A service sends to or receives from a channel; with an empty `action`, a channel is declared.

    `service` is a name as written; empty means the service the document belongs to. `address` is `None` where it is not known.
    """

    action: Literal["send", "receive", ""]
    address: str | None
    service: str = ""
    kind: str = ""
    protocol: str = ""
    broker: str = ""
    scope: str = ""
    messages: tuple[MessageFact, ...] = ()
    group: str = ""
    reply: bool = False
    public: bool = False
    extra: dict[str, Any] = {}


class OperationFact(Struct, kw_only=True, omit_defaults=True):
    """An operation of an API: HTTP method and path template below the server, or gRPC method, or GraphQL root field."""

    name: str
    at: Location
    method: str = ""
    path: str = ""
    operation_id: str = ""
    deprecated: bool = False
    idempotent: bool | None = None
    secured: bool | None = None
    streaming: str = ""
    exchange: Exchange | None = None


class ApiFact(BaseFact):
    """A service provides an API.

    `service` is a name as written, empty = the service the document belongs to (by co-location or title). `traits` are the styles that
    rules compare across APIs: trait name to value and place.
    """

    format: str
    title: str
    version: str = ""
    service: str = ""
    visibility: str = ""
    servers: tuple[str, ...] = ()
    operations: tuple[OperationFact, ...] = ()
    traits: dict[str, list[tuple[str, Location]]] = {}
    schemas: dict[str, tuple[str, Location]] = {}
    """Component name to a digest of its shape, and where it stands."""
    shapes: dict[str, dict[str, Any]] = {}
    """The schemas that the operations' exchanges refer to."""
    placeless: ClassVar[frozenset[str]] = frozenset(("shapes",))


class LinkFact(BaseFact):
    """A document names another artifact: a contract file of a service, a manifest of a catalog entry.

    `target` is a path relative to the project root, or a URL; `exists` is `None` where that cannot be known (a URL). A `deployment`
    (a kustomization that is deployed itself) names every file that takes part in it.
    """

    kind: Literal["contract", "manifest", "definition", "document", "deployment"]
    source: str
    target: str
    exists: bool | None = None
    extra: dict[str, Any] = {}


type Fact = (
    ServiceFact
    | WorkloadFact
    | EndpointFact
    | ConfigFact
    | SettingsFact
    | RouteFact
    | PolicyFact
    | SelectFact
    | DependencyFact
    | DatastoreFact
    | ChannelFact
    | ApiFact
    | LinkFact
)


def public(fact: Fact) -> Fact:
    """Return *fact* without values that look like credentials, fit to be published."""
    from archlint.model.credentials import credential_in  # noqa: PLC0415

    def cleaned(settings: tuple[Setting, ...]) -> tuple[Setting, ...]:
        return tuple(
            replace(setting, value=None)
            if setting.value and credential_in(setting.key, setting.value)
            else setting
            for setting in settings
        )

    if isinstance(fact, ConfigFact | SettingsFact):
        return replace(fact, entries=cleaned(fact.entries))
    if isinstance(fact, WorkloadFact):
        containers = tuple(
            replace(container, settings=cleaned(container.settings), command=())
            for container in fact.containers
        )
        return replace(fact, containers=containers)
    return fact
