"""Who may call whom: selectors, NetworkPolicies, policies of meshes, and what they say of edges."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from conftest import Check

from archlint.api import Access, Dependency, Reach, ServiceGraph, access_policies
from archlint.config.model import Config
from archlint.engine.pipeline import Request, run
from archlint.model.labels import every, matches, some
from archlint.plugins.registry import Registry

_APP = """
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {team: shop, istio-injection: enabled}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: orders, namespace: shop}
    spec:
      template:
        metadata: {labels: {app: orders, tier: web}}
        spec:
          serviceAccountName: orders
          containers: [{name: main, image: "shop/orders:1", env: [{name: STOCK_URL, value: "http://stock:80"}]}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: stock, namespace: shop}
    spec:
      template:
        metadata: {labels: {app: stock}}
        spec: {containers: [{name: main, image: "shop/stock:1", ports: [{name: web, containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: stock, namespace: shop}
    spec: {selector: {app: stock}, ports: [{port: 80, targetPort: web}]}
    """


def _policies(*specs: str, kind: str = "NetworkPolicy", group: str = "networking.k8s.io/v1") -> str:
    return "".join(
        f"\n---\napiVersion: {group}\nkind: {kind}\nmetadata: {{name: p{index}, namespace: shop}}\nspec: {spec}\n"
        for index, spec in enumerate(specs)
    )


def _istio(*specs: str) -> str:
    return _policies(*specs, kind="AuthorizationPolicy", group="security.istio.io/v1")


def _from(peers: str, ports: str = "") -> str:
    more = f", ports: [{ports}]" if ports else ""
    return f"{{podSelector: {{matchLabels: {{app: stock}}}}, ingress: [{{from: [{peers}]{more}}}]}}"


def _graph(check: Check, policies: str) -> ServiceGraph:
    return check({"app.yaml": dedent(_APP) + policies}).graph


def _edge(graph: ServiceGraph) -> tuple[Access, Dependency, Reach]:
    access = Access(graph)
    (edge,) = (edge for edge in graph.dependencies if edge.target.name == "stock")
    (reach,) = access.pods.reaches(edge)
    return access, edge, reach


@pytest.mark.parametrize(
    ("selector", "labels", "wanted"),
    [
        (None, {"a": "1"}, True),
        ({}, {}, True),
        ({"matchLabels": None}, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({"matchLabels": {"a": "1"}}, {"b": "1"}, False),
        ({"matchLabels": {"a": "1"}}, {}, None),
        ({"matchLabels": {"a": True}}, {"a": "true"}, True),
        ({"matchLabels": {"a": "{{ x }}"}}, {"a": "1"}, None),
        ({"matchLabels": {"a": "{{ x }}"}}, {"a": "{{ x }}"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "${A}"}, None),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {"b": "2"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {"b": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["{{ x }}"]}]}, {"a": "2"}, None),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"b": "2"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"b": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}, {"a": "2"}, None),
        ({"matchExpressions": ["a"]}, {"a": "2"}, None),
        ("a", {"a": "2"}, None),
    ],
)
def test_selectors(selector: Any, labels: dict[str, str], *, wanted: bool | None) -> None:
    assert matches(selector, labels) is wanted


def test_three_answers() -> None:
    assert (every([True, None]), every([None, False]), every([])) == (None, False, True)
    assert (some([False, None]), some([None, True]), some([])) == (None, True, False)


@pytest.mark.parametrize(
    ("policies", "wanted"),
    [
        ("", True),
        (_policies("{podSelector: {}}"), False),
        (_policies("{podSelector: {}, policyTypes: [Egress]}"), False),
        (_policies("{podSelector: {matchLabels: {app: billing}}}"), True),
        (_policies("{podSelector: {}, ingress: [{}]}"), True),
        (_policies(_from("{podSelector: {matchLabels: {app: orders}}}")), True),
        (_policies(_from("{podSelector: {matchLabels: {app: billing}}}")), False),
        (_policies("{podSelector: {}}", _from("{podSelector: {matchLabels: {tier: web}}}")), True),
        (_policies(_from("{podSelector: {}}", "{port: 8080}")), True),
        (_policies(_from("{podSelector: {}}", "{port: web}")), True),
        (_policies(_from("{podSelector: {}}", "{port: admin}")), None),
        (_policies(_from("{podSelector: {}}", "{port: 80}")), False),
        (_policies(_from("{podSelector: {}}", "{port: 8000, endPort: 9000}")), True),
        (_policies(_from("{podSelector: {}}", "{port: 8080, protocol: UDP}")), False),
        (_policies(_from("{podSelector: {}}", "{protocol: TCP}")), True),
        (_policies(_from("{namespaceSelector: {matchLabels: {team: shop}}}")), True),
        (_policies(_from("{namespaceSelector: {matchLabels: {team: other}}}")), False),
        (_policies(_from("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}")), True),
        (_policies(_from("{namespaceSelector: {}, podSelector: {matchLabels: {app: billing}}}")), False),
        (_policies(_from("{ipBlock: {cidr: 0.0.0.0/0}}")), True),
        (_policies(_from("{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}")), None),
        (_policies(_from("{ipBlock: {cidr: 10.0.0.0/8}}")), None),
        (_policies(_from("{ipBlock: {cidr: 8.8.8.8/32}}")), False),
        (_policies(_from("{ipBlock: {cidr: x}}")), None),
        (_policies(_from("{ipBlock: 5}")), None),
        (_policies(_from("5")), None),
        (
            _policies("{podSelector: {matchLabels: {app: orders}}, egress: [{ports: [{port: 80}]}]}"),
            None,
        ),
        (_policies("{podSelector: {matchLabels: {app: orders}}, egress: [{ports: [{port: 443}]}]}"), False),
        (
            _policies("{podSelector: {}}")
            + _policies("{}", kind="CiliumNetworkPolicy", group="cilium.io/v2"),
            None,
        ),
        (_policies("{podSelector: {}}").replace("namespace: shop", "labels: {}"), None),
        (_policies("{podSelector: '{{ .Values.pods }}'}"), None),
        (_policies("{podSelector: {}, ingress: '{{ .Values.rules }}'}"), None),
        (_policies("{podSelector: {}, '{{ a }}': '{{ a }}'}"), None),
        (_policies("{'{{ a }}': '{{ a }}'}"), None),
        (_policies(_from("'{{ .Values.peer }}'")), None),
    ],
)
def test_network_policies(check: Check, policies: str, *, wanted: bool | None) -> None:
    access, _, reach = _edge(_graph(check, policies))
    assert access.permits(reach).allowed is wanted


_PRINCIPAL = "rules: [{from: [{source: {principals: [%s]}}]}]"


@pytest.mark.parametrize(
    ("policies", "wanted"),
    [
        (_istio("{}"), False),
        (_istio("{rules: [{}]}"), True),
        (_istio("{selector: {matchLabels: {app: billing}}}"), True),
        (_istio(f"{{{_PRINCIPAL % 'cluster.local/ns/shop/sa/orders'}}}"), True),
        (_istio(f"{{{_PRINCIPAL % 'cluster.local/ns/shop/sa/billing'}}}"), False),
        (_istio(f"{{{_PRINCIPAL % 'cluster.local/ns/other/sa/orders'}}}"), False),
        (_istio("{" + _PRINCIPAL % '"*"' + "}"), True),
        (_istio("{" + _PRINCIPAL % '"*/sa/orders"' + "}"), True),
        (_istio("{" + _PRINCIPAL % '"cluster.local/ns/shop/*"' + "}"), True),
        (_istio("{" + _PRINCIPAL % '"cluster.local/ns/other/*"' + "}"), False),
        (_istio("{" + _PRINCIPAL % '"{{ .Values.a }}"' + "}"), None),
        (_istio("{rules: [{from: [{source: {namespaces: [shop]}}]}]}"), True),
        (_istio("{rules: [{from: [{source: {namespaces: [other]}}]}]}"), False),
        (_istio("{rules: [{from: [{source: {notNamespaces: [shop]}}]}]}"), False),
        (_istio("{rules: [{from: [{source: {serviceAccounts: [shop/orders]}}]}]}"), True),
        (_istio("{rules: [{from: [{source: {serviceAccounts: [orders]}}]}]}"), True),
        (_istio("{rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}"), None),
        (_istio("{rules: [{from: [5]}]}"), None),
        (_istio('{rules: [{to: [{operation: {ports: ["8080"]}}]}]}'), True),
        (_istio('{rules: [{to: [{operation: {ports: ["80"]}}]}]}'), False),
        (_istio('{rules: [{to: [{operation: {notPorts: ["8080"]}}]}]}'), False),
        (_istio("{rules: [{to: [{operation: {paths: [/a]}}]}]}"), None),
        (_istio("{rules: [{when: [{key: 'request.headers[a]'}]}]}"), None),
        (_istio("{action: DENY, rules: [{from: [{source: {namespaces: [shop]}}]}]}"), False),
        (_istio("{action: DENY, rules: [{to: [{operation: {paths: [/a]}}]}]}"), None),
        (_istio("{action: DENY, rules: [{from: [{source: {namespaces: [other]}}]}]}"), True),
        (_istio("{action: CUSTOM, rules: [{}]}"), None),
        (_istio("{action: AUDIT, rules: [{}]}"), True),
        (_istio("{rules: '{{ .Values.rules }}'}"), None),
        (_istio("{rules: ['{{ .Values.rule }}']}"), None),
        (_istio("{action: DENY, rules: ['{{ .Values.rule }}']}"), None),
        (_istio("{selector: '{{ .Values.pods }}'}"), None),
        (_istio("{'{{ a }}': '{{ a }}'}"), None),
        (_istio("{targetRefs: [{kind: Service, name: stock}]}"), None),
        (_istio("{}").replace("namespace: shop", "namespace: istio-system"), False),
        (_istio("{}").replace("namespace: shop", "namespace: other"), True),
    ],
)
def test_istio(check: Check, policies: str, *, wanted: bool | None) -> None:
    access, _, reach = _edge(_graph(check, policies))
    assert access.permits(reach).allowed is wanted


_SERVER = _policies(
    "{podSelector: {matchLabels: {app: stock}}, port: %s}", kind="Server", group="policy.linkerd.io/v1beta3"
)
_ALLOWED = _policies(
    "{targetRef: {kind: %s, name: %s}, requiredAuthenticationRefs: [%s]}",
    kind="AuthorizationPolicy",
    group="policy.linkerd.io/v1alpha1",
)
_MESHED = _policies("{identities: [%s]}", kind="MeshTLSAuthentication", group="policy.linkerd.io/v1alpha1")
_CLIENT = _policies(
    "{server: {name: p0}, client: %s}", kind="ServerAuthorization", group="policy.linkerd.io/v1beta1"
)
_ORDERS = "{kind: ServiceAccount, name: orders}"
_BY_TLS = "{kind: MeshTLSAuthentication, name: p0}"


@pytest.mark.parametrize(
    ("policies", "wanted"),
    [
        (_SERVER % "web", False),
        (_SERVER % "9090", True),
        (_SERVER % "admin", None),
        (_SERVER % "web, accessPolicy: all-authenticated", True),
        (_SERVER % "8080" + _ALLOWED % ("Server", "p0", _ORDERS), True),
        (_SERVER % "8080" + _ALLOWED % ("Namespace", "shop", _ORDERS), True),
        (_SERVER % "8080" + _ALLOWED % ("Server", "other", _ORDERS), False),
        (_SERVER % "8080" + _ALLOWED % ("HTTPRoute", "other", _ORDERS), None),
        (_SERVER % "8080" + _ALLOWED % ("Server", "p0", "{kind: ServiceAccount, name: billing}"), False),
        (_SERVER % "8080" + _ALLOWED % ("Server", "p0", "{kind: NetworkAuthentication, name: n}"), None),
        (_SERVER % "8080" + _ALLOWED % ("Server", "p0", "5"), None),
        (_SERVER % "8080" + _ALLOWED % ("Server", "p0", _BY_TLS) + _MESHED % '"*"', True),
        (
            _SERVER % "8080"
            + _ALLOWED % ("Server", "p0", _BY_TLS)
            + _MESHED % "billing.shop.serviceaccount.identity.linkerd.cluster.local",
            False,
        ),
        (
            _SERVER % "8080"
            + _ALLOWED % ("Server", "p0", _BY_TLS)
            + _MESHED % "orders.shop.serviceaccount.identity.linkerd.cluster.local",
            True,
        ),
        (_SERVER % "8080" + _CLIENT % "{unauthenticated: true}", True),
        (_SERVER % "8080" + _CLIENT % "{meshTLS: {unauthenticatedTLS: true}}", True),
        (_SERVER % "8080" + _CLIENT % "{meshTLS: {serviceAccounts: [{name: orders}]}}", True),
        (_SERVER % "8080" + _CLIENT % "{meshTLS: {serviceAccounts: [{name: billing}]}}", False),
        (_SERVER % "8080" + _CLIENT % "{networks: [{cidr: 10.0.0.0/8}]}", None),
        (_SERVER % "8080" + _CLIENT % "5", None),
    ],
)
def test_linkerd(check: Check, policies: str, *, wanted: bool | None) -> None:
    access, _, reach = _edge(_graph(check, policies))
    assert access.permits(reach).allowed is wanted


@pytest.mark.parametrize(
    ("egress", "wanted"),
    [
        ("[]", False),
        ("[{}]", True),
        ("[{to: [{podSelector: {}}]}]", False),
        ("[{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}]}]", True),
        ("[{to: [{ipBlock: {cidr: 169.254.20.10/32}}]}]", True),
        ("[{ports: [{port: 80}, {port: 8080}]}]", False),
        ("[{ports: [{port: 1, endPort: 100}]}]", True),
        ("[{ports: [{port: dns}]}]", True),
    ],
)
def test_names_are_asked_for_at_port_53(check: Check, egress: str, *, wanted: bool) -> None:
    spec = f"{{podSelector: {{matchLabels: {{app: orders}}}}, policyTypes: [Egress], egress: {egress}}}"
    access, _, reach = _edge(_graph(check, _policies(spec)))
    assert access.resolves_names(reach.source).allowed is wanted


def _peer(spec: str, namespace: str = "shop") -> str:
    return _policies(spec, kind="PeerAuthentication", group="security.istio.io/v1").replace(
        "namespace: shop", f"namespace: {namespace}"
    )


@pytest.mark.parametrize(
    ("policies", "mode"),
    [
        ("", "PERMISSIVE"),
        (_peer("{mtls: {mode: STRICT}}"), "STRICT"),
        (_peer("{mtls: {mode: STRICT}}", "istio-system"), "STRICT"),
        (_peer("{mtls: {mode: UNSET}}") + _peer("{mtls: {mode: STRICT}}", "istio-system"), "STRICT"),
        (_peer("{mtls: {mode: DISABLE}}") + _peer("{mtls: {mode: STRICT}}", "istio-system"), "DISABLE"),
        (_peer("{selector: {matchLabels: {app: stock}}, mtls: {mode: STRICT}}"), "STRICT"),
        (_peer("{selector: {matchLabels: {app: orders}}, mtls: {mode: STRICT}}"), "PERMISSIVE"),
        (
            _peer("{selector: {matchLabels: {app: stock}}, portLevelMtls: {8080: {mode: DISABLE}}}"),
            "DISABLE",
        ),
        (_peer("{mtls: {mode: '{{ .Values.mode }}'}}"), ""),
    ],
)
def test_the_nearest_policy_says_how_calls_are_encrypted(check: Check, policies: str, mode: str) -> None:
    access, _, reach = _edge(_graph(check, policies))
    assert access.mutual_tls(reach.target, reach.port)[0] == mode


def test_edges_know_their_access(check: Check) -> None:
    graph = _graph(check, _istio(f"{{{_PRINCIPAL % 'cluster.local/ns/shop/sa/orders'}}}"))
    access, edge, _ = _edge(graph)
    (policy,) = access_policies(edge, access)
    values = {key: (value.value, value.default) for key, value in policy.values.items()}
    assert (policy.tool, values) == (
        "istio",
        {"authorization": ("allowed", False), "mtls": ("permissive", True)},
    )


def test_a_policy_may_close_a_namespace(check: Check) -> None:
    def closed(policies: str) -> bool | None:
        return Access(_graph(check, policies)).is_closed("k8s:shop", "ingress")

    assert closed("") is False
    assert closed(_policies("{podSelector: {}}")) is True
    assert closed(_policies("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}")) is True
    assert closed(_policies("{podSelector: {}, ingress: [{}]}")) is False
    assert closed(_policies("{podSelector: '{{ .Values.pods }}'}")) is None
    assert closed(_istio("{}")) is True
    assert closed(_istio("{rules: []}").replace("namespace: shop", "namespace: istio-system")) is True
    assert closed(_istio("{action: DENY}")) is False
    assert closed(_policies("{}", kind="GlobalNetworkPolicy", group="projectcalico.org/v3")) is None


def _complete(folder: Path, registry: Registry, rule: str) -> Iterator[str]:
    config = Config(registry.rules, profile="all", complete=("**",), today="2026-01-01")
    for finding in run(Request(folder, registry, config, (str(folder),), cache=False)).report.findings:
        if finding.rule == rule:
            yield f"{finding.severity}: {finding.message}"


def test_a_complete_scope_has_no_other_accounts_and_calls(tmp_path: Path, registry: Registry) -> None:
    principals = "cluster.local/ns/shop/sa/order, cluster.local/ns/shop/sa/orders"
    policy = _istio(f"{{selector: {{matchLabels: {{app: stock}}}}, {_PRINCIPAL % principals}}}")
    (tmp_path / "app.yaml").write_text(dedent(_APP) + policy)
    assert list(_complete(tmp_path, registry, "policy-principal-unknown")) == [
        "error: `p0` names the ServiceAccount `order` of `shop`, which does not exist"
    ]
    assert list(_complete(tmp_path, registry, "policy-wider-than-dependencies")) == []
