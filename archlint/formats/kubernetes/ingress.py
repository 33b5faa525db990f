"""Facts of Ingresses: routes, and what the annotations of well-known controllers say of requests on them.

ingress-nginx (Annotations, ConfigMaps): a request is tried three times on `error timeout`, one that has been sent and is not idempotent only
with `non_idempotent`; 60 s may pass between two reads. What other controllers call a thing is told by the words of the annotation's name.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from archlint.api import Backend, Fact, Location, Policy, PolicyKey, PolicyValue, RouteFact, regex
from archlint.formats.kubernetes.views import Manifest, number_of

GROUPS = ("networking.k8s.io", "extensions")
_NGINX = "nginx.ingress.kubernetes.io/"
_TRIES = 3
_READ_MS = 60_000
_CONDITIONS = "error,timeout"
_IDEMPOTENT = "GET,HEAD,PUT,DELETE,OPTIONS,TRACE"
_OFF = frozenset(("", "false", "off", "none", "no", "0", "disabled"))
_AUTH = regex(
    r"/(?:auth-(?:url|type|tls-secret|secret)|basic-auth-secret|jwt-key|forward-auth|oauth|auth)\Z|(?:^|[/.-])(?:oidc|jwt|oauth2?)(?:-|\Z)"
)
_RATE = regex(
    r"/(?:limit-(?:rps|rpm|connections|req-rate)|global-rate-limit|rate-limit(?:-requests|-rps|-rpm|ing)?|ratelimit\S*)\Z"
)
_EDGE = regex(r"waf|shield|modsecurity|security-policy|cloudflare|cdn|armor|enable-owasp")
_LISTS = ("router.middlewares", "konghq.com/plugins", "nginx.org/policies", "plugins", "middlewares")
_LIST_WORDS = (
    ("authorization", re.compile(r"auth|oidc|jwt|saml|api-?key|sso|login|keycloak", re.IGNORECASE)),
    ("rateLimit", re.compile(r"rate|limit|throttl|quota", re.IGNORECASE)),
)
_SOURCES = ("whitelist-source-range", "allowlist-source-range", "allow-list", "whitelist", "inbound-cidrs")
_INTERNAL = regex(r"(?:^|[-_./])(?:internal|private|intranet|intern|gce-internal|ilb)(?:[-_.]|\Z)")
_HEADER = regex(r"(?:add_header|more_set_headers?)\s+[\"']?(?P<name>[A-Za-z-]+)", re.IGNORECASE)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield a route for every path of an Ingress, and for its default backend."""
    if manifest.kind != "Ingress" or not manifest.name:
        return
    spec = manifest.mapping("spec")
    key = "defaultBackend" if "defaultBackend" in spec else "backend"
    if isinstance(spec.get(key), dict):
        yield from _route(manifest, (), {}, ("spec", key), spec[key])
    for index, rule in enumerate(manifest.items("spec", "rules")):
        if not isinstance(rule, dict) or not isinstance(rule.get("http"), dict):
            continue
        hosts = (rule["host"],) if isinstance(rule.get("host"), str) else ()
        paths = rule["http"].get("paths")
        for number, path in enumerate(paths if isinstance(paths, list) else ()):
            if isinstance(path, dict) and isinstance(path.get("backend"), dict):
                keys = ("spec", "rules", index, "http", "paths", number, "backend")
                yield from _route(manifest, hosts, path, keys, path["backend"])


def _route(
    manifest: Manifest,
    hosts: tuple[str, ...],
    path: dict[str, Any],
    keys: tuple[str | int, ...],
    backend: dict[str, Any],
) -> Iterator[Fact]:
    service = backend.get("service")
    if isinstance(service, dict):
        given = service.get("port")
        port = given if isinstance(given, dict) else {}
        name, number, keys = (
            service.get("name"),
            port.get("number", port.get("name", "")),
            (*keys, "service", "name"),
        )
    else:
        name, number, keys = (
            backend.get("serviceName"),
            backend.get("servicePort", ""),
            (*keys, "serviceName"),
        )
    if not isinstance(name, str) or not name or "{{" in name:
        return
    written = path.get("path", "/" if path else "")
    text = written if isinstance(written, str) else ""
    at = manifest.at(*keys)
    yield RouteFact(
        at=at,
        extractor="ingress",
        kind="Ingress",
        name=manifest.name,
        scope=manifest.scope,
        hosts=hosts,
        path=text,
        backends=(Backend(host=name, port=str(number), at=at, scope=manifest.scope),),
        public=is_public(manifest),
        policy=policy_of(manifest),
        extra=_extra(manifest, text, str(path.get("pathType", "") or "")),
    )


def is_public(manifest: Manifest) -> bool:
    """Tell whether the outside can use an Ingress: its class, its scheme and the sources it lets in do not say otherwise.

    Without a scheme, the load balancers of the AWS Load Balancer Controller are internal.
    """
    annotations = manifest.annotations
    name = str(manifest.get("spec", "ingressClassName") or annotations.get("kubernetes.io/ingress.class", ""))
    if _INTERNAL.search(name.lower()):
        return False
    scheme = annotations.get("alb.ingress.kubernetes.io/scheme")
    if scheme is not None or name == "alb":
        return scheme == "internet-facing"
    for key, value in annotations.items():
        if key.rpartition("/")[2] in _SOURCES and _is_private(value):
            return False
        if "balancer" in key and value.lower() == "internal":
            return False
    return True


def _is_private(text: str) -> bool:
    """Tell whether all address ranges in *text* are private."""
    ranges = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return bool(ranges) and all(
            ipaddress.ip_network(part, strict=False).is_private and not part.startswith("0.0.0.0/0")
            for part in ranges
        )
    except ValueError:
        return False


def policy_of(manifest: Manifest) -> Policy:
    """Return what the controller does to requests, as far as the annotations and its documented defaults tell."""
    annotations = manifest.annotations
    values: dict[PolicyKey, PolicyValue] = {}
    name = str(manifest.get("spec", "ingressClassName") or annotations.get("kubernetes.io/ingress.class", ""))
    nginx = any(key.startswith(_NGINX) for key in annotations) or name == "nginx"
    if nginx:
        _nginx(values, manifest, annotations)
    values.update(said_in(manifest))
    return Policy(tool="ingress-nginx" if nginx else "ingress", layer="gateway", values=values)


def said_in(manifest: Manifest) -> dict[PolicyKey, PolicyValue]:
    """Return which annotations of *manifest* ask who calls, and which bound how often."""
    values: dict[PolicyKey, PolicyValue] = {}
    for key, value in manifest.annotations.items():
        at = manifest.at("metadata", "annotations", key)
        if value.strip().lower() in _OFF or "{{" in value:
            continue
        if _AUTH.search(key) and "realm" not in key:
            values.setdefault("authorization", PolicyValue(value, at))
        elif _RATE.search(key):
            values.setdefault("rateLimit", PolicyValue(_rate(key, value), at))
        elif key.endswith(_LISTS):
            for which, words in _LIST_WORDS:
                if words.search(value):
                    values.setdefault(which, PolicyValue(value, at))  # type: ignore[arg-type]
    return values


def unread_in(annotations: Mapping[str, str]) -> list[str]:
    """Return the annotations that name middleware or plugins, which are written elsewhere."""
    return [key for key in annotations if key.endswith(_LISTS)]


def _nginx(values: dict[PolicyKey, PolicyValue], manifest: Manifest, annotations: Mapping[str, str]) -> None:
    def place(name: str) -> Location | None:
        return manifest.at("metadata", "annotations", name) if name in annotations else None

    read = f"{_NGINX}proxy-read-timeout"
    seconds = number_of(annotations.get(read))
    if seconds is not None or read not in annotations:
        values["perTryTimeoutMs"] = PolicyValue(
            _READ_MS if seconds is None else seconds * 1_000, place(read), default=seconds is None
        )
    conditions, tries = f"{_NGINX}proxy-next-upstream", f"{_NGINX}proxy-next-upstream-tries"
    said = annotations.get(conditions, "").split()
    count = number_of(annotations.get(tries))
    if "{{" in annotations.get(conditions, "") or (count is None and tries in annotations):
        return
    written = place(tries) or place(conditions)
    retries = 0 if said == ["off"] else max((_TRIES if count is None else count or _TRIES) - 1, 0)
    values["retries"] = PolicyValue(retries, written, default=written is None)
    if retries:
        words = ",".join(word for word in said if word != "non_idempotent") or _CONDITIONS
        values["retryOn"] = PolicyValue(words, place(conditions), default=not said)
        if "non_idempotent" in said:
            values["retryMethods"] = PolicyValue("*", place(conditions))
        else:
            values["retryMethods"] = PolicyValue(_IDEMPOTENT, default=True)


def _rate(key: str, value: str) -> str:
    unit = {"limit-rps": "second", "limit-rpm": "minute"}.get(key.rpartition("/")[2])
    return f"{value}/{unit}" if unit else value


def _extra(manifest: Manifest, path: str, kind: str) -> dict[str, Any]:
    """Return what no field of a route holds: how paths match, how they are rewritten, headers, and what else stands at the edge."""
    annotations = manifest.annotations
    regex = annotations.get(f"{_NGINX}use-regex", "").lower() == "true" or any(
        sign in path for sign in "(*$|"
    )
    found: dict[str, Any] = {
        "annotations": annotations,
        "match": "regex" if regex else "exact" if kind == "Exact" else "prefix",
        "class": str(
            manifest.get("spec", "ingressClassName") or annotations.get("kubernetes.io/ingress.class", "")
        ),
    }
    rewrite = annotations.get(f"{_NGINX}rewrite-target")
    if rewrite is not None:
        found["rewrite"] = rewrite
    if manifest.items("spec", "tls"):
        found["tls"] = True
    headers = [
        match["name"].lower()
        for key, value in annotations.items()
        if key.endswith(("-snippet", "-snippets"))
        for match in _HEADER.finditer(value)
    ]
    headers.extend(value.lower() for key, value in annotations.items() if "header" in key)
    if headers:
        found["headers"] = headers
    unknown = unread_in(annotations)
    if unknown:
        found["unread"] = unknown
    edge = [
        key for key, value in annotations.items() if _EDGE.search(key) and value.strip().lower() not in _OFF
    ]
    if edge:
        found["edge"] = edge
    return found
