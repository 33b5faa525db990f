"""What RBAC, namespaces, service accounts and access policies say of the system, and that nothing in them breaks a rule."""

import copy
import json
import random
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from conftest import Check

from archlint.api import SelectFact, Source, parse, rules_in
from archlint.config.model import Config, Layer
from archlint.engine.pipeline import Request, run
from archlint.engine.resolve import Workspace
from archlint.formats.kubernetes import FORMAT
from archlint.plugins.registry import Registry

_RULES = (
    "jwt-authn-without-authz", "policy-blocks-declared-dependency", "policy-principal-unknown", "policy-wider-than-dependencies",
    "no-default-deny-network", "rbac-too-broad", "shared-service-identity", "public-route-without-authn", "mtls-not-strict", "issuer-mismatch",
    "multiple-user-authentication",
)  # fmt: skip
_ROUNDS = 150
_VALUES: tuple[Any, ...] = (
    5, -1, 1.5, True, None, "", "text", "[", "*", "a/ns/b/sa/c", "10.0.0.0/8", [], {}, ["a", 1, None], {"a": {"b": [1]}}, {"matchLabels": 5},
    {"matchLabels": {"a": [1]}}, [[]], [{}],
)  # fmt: skip


def _facts(folder: Path, text: str) -> list[SelectFact]:
    (folder / "access.yaml").write_text(dedent(text), encoding="utf-8")
    return [
        fact
        for document in Workspace(folder).documents("access.yaml")
        for fact in FORMAT.facts(document)
        if isinstance(fact, SelectFact)
    ]


def test_roles_give_their_rules_one_by_one(tmp_path: Path) -> None:
    role, first, second = _facts(
        tmp_path,
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: reader}
        rules:
        - {apiGroups: [""], resources: [pods], verbs: [get]}
        - {apiGroups: [apps], resources: ["*"], verbs: [list]}
        """,
    )
    assert (role.kind, role.name) == ("rbac.authorization.k8s.io/ClusterRole", "reader")
    assert (first.kind, first.target, first.spec["verbs"]) == (
        "rbac.authorization.k8s.io/rule",
        ("ClusterRole", "reader"),
        ["get"],
    )
    assert second.at.pointer == ("rules", 1)


def test_bindings_name_a_role_and_identities(tmp_path: Path) -> None:
    binding, account = _facts(
        tmp_path,
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: readers, namespace: shop}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
        subjects: [{kind: User, name: jane}, {kind: ServiceAccount, name: orders, namespace: web}, 5]
        """,
    )
    assert (binding.target, len(binding.spec["subjects"])) == (("ClusterRole", "reader"), 2)
    assert (account.kind, account.name, account.scope, account.target) == (
        "identity",
        "orders",
        "k8s:web",
        ("RoleBinding", "readers"),
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: p, namespace: shop}
            spec:
              rules:
              - from:
                - source: {principals: [cluster.local/ns/web/sa/orders, "*", "*/sa/x", 5], serviceAccounts: [billing, web/stock]}
                - 5
              - {from: 5}
            """,
            [("orders", "k8s:web"), ("billing", "k8s:shop"), ("stock", "k8s:web")],
        ),
        (
            """
            apiVersion: policy.linkerd.io/v1alpha1
            kind: MeshTLSAuthentication
            metadata: {name: p, namespace: shop}
            spec:
              identities: [orders.web.serviceaccount.identity.linkerd.cluster.local, "*.web.serviceaccount.identity.x", "*"]
              identityRefs: [{kind: ServiceAccount, name: stock}, {kind: Namespace, name: web}]
            """,
            [("orders", "k8s:web"), ("stock", "k8s:shop")],
        ),
        (
            """
            apiVersion: policy.linkerd.io/v1beta1
            kind: ServerAuthorization
            metadata: {name: p, namespace: shop}
            spec: {client: {meshTLS: {serviceAccounts: [{name: orders, namespace: web}]}}}
            """,
            [("orders", "k8s:web")],
        ),
        (
            """
            apiVersion: policy.linkerd.io/v1alpha1
            kind: AuthorizationPolicy
            metadata: {name: p, namespace: shop}
            spec: {requiredAuthenticationRefs: [{kind: ServiceAccount, name: orders}, {kind: MeshTLSAuthentication, name: x}]}
            """,
            [("orders", "k8s:shop")],
        ),
    ],
)
def test_policies_name_identities(tmp_path: Path, text: str, wanted: list[tuple[str, str]]) -> None:
    found = [fact for fact in _facts(tmp_path, text) if fact.kind == "identity"]
    assert [(fact.name, fact.scope) for fact in found] == wanted


def test_namespaces_and_accounts_keep_their_labels_and_annotations(tmp_path: Path) -> None:
    namespace, account = _facts(
        tmp_path,
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {istio-injection: enabled}}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: orders, namespace: shop, annotations: {eks.amazonaws.com/role-arn: "arn:x"}}
        automountServiceAccountToken: false
        """,
    )
    assert (namespace.scope, namespace.spec["labels"]) == ("k8s:shop", {"istio-injection": "enabled"})
    assert account.spec["annotations"] == {"eks.amazonaws.com/role-arn": "arn:x"}
    assert account.spec["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("cilium.io/v2", "CiliumNetworkPolicy"),
        ("projectcalico.org/v3", "GlobalNetworkPolicy"),
        ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
        ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"),
        ("policy.linkerd.io/v1alpha1", "NetworkAuthentication"),
        ("policy.linkerd.io/v1alpha1", "HTTPLocalRateLimitPolicy"),
    ],
)
def test_other_policies_are_kept_once(tmp_path: Path, group: str, kind: str) -> None:
    (fact,) = _facts(
        tmp_path, f"{{apiVersion: {group}, kind: {kind}, metadata: {{name: p}}, spec: {{a: 1}}}}"
    )
    assert (fact.kind, fact.spec) == (f"{group.partition('/')[0]}/{kind}", {"a": 1})


def _documents() -> list[list[Any]]:
    found = []
    for rule in rules_in("archlint_rules"):
        for example in rule.examples if rule.id in _RULES else ():
            texts = [text for name, text in example.files if "compose" not in name]
            parsed = [parse(Source("a.yaml", text.encode())).documents for text in texts]
            found.append([document.data for documents in parsed for document in documents])
    return [documents for documents in found if documents]


def test_values_of_any_type_break_no_rule(tmp_path: Path, registry: Registry) -> None:
    chance = random.Random(5)
    layers = (Layer(select=_RULES),)
    config = Config(registry.rules, profile="all", layers=layers, complete=("**",), today="2026-01-01")
    every = _documents()
    for number in range(_ROUNDS):
        documents = copy.deepcopy(every[number % len(every)])
        for _ in range(3):
            places = _places(documents)
            container, key = places[chance.randrange(len(places))]
            container[key] = copy.deepcopy(chance.choice(_VALUES))
        (tmp_path / "all.yaml").write_text(
            "".join(f"---\n{json.dumps(document)}\n" for document in documents)
        )
        report = run(Request(tmp_path, registry, config, (str(tmp_path),), cache=False)).report
        crashes = [finding for finding in report.findings if finding.rule == "internal-error"]
        assert crashes == [], json.dumps(documents)


def _places(data: Any) -> list[tuple[Any, Any]]:
    found = []
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, dict | list):
            for key in value if isinstance(value, dict) else range(len(value)):
                found.append((value, key))
                pending.append(value[key])
    return found


@pytest.mark.parametrize(
    ("token", "labels", "severity"),
    [
        ("automountServiceAccountToken: false", "", "info"),
        ("automountServiceAccountToken: false", "istio-injection: enabled", "warning"),
        ("automountServiceAccountToken: true", "", "warning"),
    ],
)
def test_the_default_account_without_a_token_identifies_nobody(
    check: Check, token: str, labels: str, severity: str
) -> None:
    pods = "".join(
        f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{{token}, containers: [{{name: main, image: "shop/{name}:1"}}]}}
"""
        for name in ("orders", "billing")
    )
    namespace = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n"
    (finding,) = check({"shop.yaml": namespace + pods}, "shared-service-identity").report.findings
    assert finding.severity == severity
