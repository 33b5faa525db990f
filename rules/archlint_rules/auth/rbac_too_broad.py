"""A role may do more than any service needs.

## Why is this bad?

Who takes over a pod has the rights of its service account. With wildcards, with everybody's Secrets, or with the right to give oneself rights, that is the whole
cluster: every namespace, every password.

## How to fix

Name verbs and resources, in a `Role` of the namespace where that is enough, and the Secrets by `resourceNames`. Operators that manage the cluster need broad
rights: put their names into the option `allow`.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Any

from msgspec import Meta

from archlint.api import (
    Bad,
    Context,
    Good,
    Options,
    Problem,
    Related,
    SelectFact,
    ServiceGraph,
    Severity,
    rule,
)

_GROUP = "rbac.authorization.k8s.io"
_READING = frozenset(("get", "list", "watch", "*"))
_ALL = frozenset(("get", "list", "watch", "create", "update", "patch", "delete"))
_RAISING = {
    "escalate": frozenset(("roles", "clusterroles", "*")),
    "bind": frozenset(("roles", "clusterroles", "*")),
    "impersonate": frozenset(("users", "groups", "serviceaccounts", "*")),
}
_EVERYBODY = frozenset(
    ("system:serviceaccounts", "system:authenticated", "system:unauthenticated", "system:anonymous")
)
_ROLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: shop}}
rules:
  - {rule}
"""
_BINDING = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: orders{marker}
  namespace: shop
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}
subjects: [{{kind: {subject}, name: orders, namespace: shop}}]
"""
_SECRETS = '{apiGroups: [""], resources: [secrets], verbs: [get, list]}'


def _role(rule: str, marker: str = "", kind: str = "ClusterRole", name: str = "orders") -> str:
    return _ROLE.format(rule=rule + (f"  # <- {marker}" if marker else ""), kind=kind, name=name)


def _binding(
    role: str = "orders", marker: str = "", kind: str = "ClusterRoleBinding", subject: str = "ServiceAccount"
) -> str:
    return _BINDING.format(role=role, kind=kind, subject=subject, marker=f"  # <- {marker}" if marker else "")


class RbacOptions(Options, frozen=True, kw_only=True):
    """What is allowed to be broad."""

    allow: Annotated[
        tuple[str, ...],
        Meta(description="Names of roles, bindings and service accounts that may have broad rights, with `*`."),
    ] = (
        "system:*", "gce:*", "*operator*", "*controller*", "*ingress*", "cert-manager*", "argocd*", "flux*", "istio*", "linkerd*", "keda*", "external-secrets*",
        "crossplane*", "velero*", "kyverno*", "gatekeeper*",
    )  # fmt: skip


@rule(
    id="rbac-too-broad",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
    ),
    tags=("security",),
    options=RbacOptions,
    examples=(
        Bad(
            _role(
                '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}',
                "`orders` may do everything with every resource",
            )
        ),
        Bad(
            _role(
                '{apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch, create, update, patch, delete]}',
                "`orders` may do everything with every resource",
            )
        ),
        Bad(_role(_SECRETS, "`orders` may read the Secrets of all namespaces") + _binding()),
        Bad(
            _role(
                "{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}",
                "`orders` may give rights that it does not have (`bind`)",
            )
        ),
        Bad(
            _binding("cluster-admin", "`orders` makes the ServiceAccount `orders` a `cluster-admin`").lstrip(
                "-\n"
            )
        ),
        Good(
            _role(_SECRETS) + _binding(kind="RoleBinding"),
            "the Secrets of one namespace",
        ),
        Good(_role(_SECRETS) + _binding(subject="User"), "for people"),
        Good(
            _role('{apiGroups: [""], resources: [secrets], resourceNames: [a], verbs: [get]}') + _binding(),
            "one Secret",
        ),
        Good(_role('{apiGroups: [shop.io], resources: ["*"], verbs: ["*"]}'), "its own resources"),
        Good(
            _role('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}', name="orders-operator"),
            "an operator",
        ),
        Good(
            _role('{apiGroups: ["*"], resources: ["*"], verbs: [get]}', kind="Role"),
            "may look at its namespace",
        ),
        Good(
            _role(
                "{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], resourceNames: [view], verbs: [bind]}"
            ),
            "may give one role",
        ),
        Good(
            _role('{nonResourceURLs: ["*"], verbs: ["*"]}'),
            "no resources",
        ),
        Good(
            _role('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}'),
            "allowed here",
            options={"allow": ["orders"]},
        ),
    ),
)
def rbac_too_broad(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report rules with wildcards or rights to raise rights, reading of all Secrets, and service accounts that are `cluster-admin`."""
    allow: tuple[str, ...] = context.options.allow
    bindings = [fact for fact in graph.selects if fact.kind.startswith(_GROUP) and "Binding" in fact.kind]
    everywhere: dict[str, SelectFact] = {}
    for binding in bindings:
        kind, role = binding.target or ("", "")
        accounts = [
            (who, name)
            for who, name in _accounts(binding)
            if name in _EVERYBODY or not _is_allowed(allow, name)
        ]
        if not accounts or _is_allowed(allow, binding.name):
            continue
        if binding.kind.endswith("/ClusterRoleBinding"):
            everywhere.setdefault(role, binding)
        if (kind, role) == ("ClusterRole", "cluster-admin"):
            who, name = accounts[0]
            yield Problem(
                f"`{binding.name}` makes the {who} `{name}` a `cluster-admin`",
                binding.at,
                help="give it a role with the verbs and resources that it needs",
                identity=("cluster-admin", binding.scope, binding.name),
            )
    told: set[tuple[object, ...]] = set()
    for fact in graph.selects:
        if fact.kind != f"{_GROUP}/rule" or fact.target is None or _is_allowed(allow, fact.name):
            continue
        binding_here = everywhere.get(fact.name) if fact.target[0] == "ClusterRole" else None
        what = _excess(fact.spec, is_everywhere=binding_here is not None)
        key = (fact.at.path, fact.target, fact.scope, what)
        if what and key not in told:
            told.add(key)
            yield Problem(
                f"`{fact.name}` may {what}",
                fact.at,
                help="name the verbs and resources that are needed, in a role of the namespace",
                related=(Related("it is given here", binding_here.at),) if binding_here else (),
                identity=("rbac", *fact.target, fact.scope, what.partition(" (")[0]),
            )


def _accounts(binding: SelectFact) -> list[tuple[str, str]]:
    """Return kind and name of the service accounts, and of the groups of everybody, that *binding* gives a role to."""
    subjects = [
        (str(subject.get("kind")), str(subject.get("name"))) for subject in binding.spec.get("subjects", ())
    ]
    return [
        (kind, name)
        for kind, name in subjects
        if kind == "ServiceAccount" or name in _EVERYBODY or name.startswith("system:serviceaccounts:")
    ]


def _is_allowed(allow: tuple[str, ...], name: str) -> bool:
    return "{{" in name or any(fnmatchcase(name, pattern) for pattern in allow)


def _excess(spec: dict[str, Any], *, is_everywhere: bool) -> str:
    """Return what a rule of a role allows that is too much, or an empty string."""
    verbs, resources, groups = (_texts(spec.get(key)) for key in ("verbs", "resources", "apiGroups"))
    if not resources or spec.get("resourceNames"):
        return ""
    is_core = not groups or not groups.isdisjoint({"", "*"})
    if ("*" in verbs or verbs >= _ALL) and "*" in resources and is_core:
        return (
            f"do everything with every resource{'' if not groups or '*' in groups else ' of its API groups'}"
        )
    for verb, targets in _RAISING.items():
        if verb in verbs and not resources.isdisjoint(targets):
            return f"give rights that it does not have (`{verb}`)"
    if (
        is_everywhere
        and is_core
        and not verbs.isdisjoint(_READING)
        and not resources.isdisjoint({"secrets", "*"})
    ):
        return "read the Secrets of all namespaces"
    return ""


def _texts(value: object) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()
