"""From the data of a template with marks to data with values, and with what is unknown said to be so."""

from typing import Any

from archlint.api import UNKNOWN, Source, parse
from archlint.formats.kubernetes.helm_blocks import Marks
from archlint.formats.kubernetes.helm_values import is_empty, shown

_CONTAINER = (
    "args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports", "readinessProbe", "resources",
    "securityContext", "startupProbe", "volumeMounts", "restartPolicy",
)  # fmt: skip
_POD = (
    "affinity", "automountServiceAccountToken", "hostNetwork", "initContainers", "nodeSelector", "priorityClassName", "securityContext",
    "serviceAccountName", "terminationGracePeriodSeconds", "tolerations", "topologySpreadConstraints", "volumes", "containers",
)  # fmt: skip
_WORKLOAD = (
    "minReadySeconds",
    "replicas",
    "selector",
    "strategy",
    "updateStrategy",
    "template",
    "volumeClaimTemplates",
    "schedule",
    "jobTemplate",
)
_SERVICE = (
    "clusterIP",
    "externalName",
    "ports",
    "selector",
    "type",
    "externalTrafficPolicy",
    "publishNotReadyAddresses",
)
_METADATA = ("annotations", "labels", "namespace")
_RUNNING = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout", "Job", "CronJob", "Pod")
)
_OPEN = frozenset(
    (
        *_RUNNING,
        "Service",
        "ConfigMap",
        "Secret",
        "ServiceAccount",
        "Ingress",
        "PersistentVolumeClaim",
        "Namespace",
    )
)
_MOST_DEPTH = 100


def filled(data: Any, marks: Marks) -> Any:
    """Return *data* with marks replaced; `None` where it is a resource of which too much is unknown to say anything."""
    result = _filled(data, marks, 0)
    if isinstance(result, dict) and isinstance(result.get("kind"), str):
        if result["kind"] not in _OPEN and _has_gap(result):
            return None
        _say_unknown(result)
    return result


def is_unknown(text: Any) -> bool:
    """Tell whether *text* is what a template says where only rendering decides."""
    return isinstance(text, str) and "{{" in text


def _filled(value: Any, marks: Marks, depth: int) -> Any:
    if depth > _MOST_DEPTH:
        return None
    if isinstance(value, str):
        return _scalar(value, marks)
    if isinstance(value, list):
        items: list[Any] = []
        later: list[Any] = []
        for item in value:
            number = marks.alone(item) if isinstance(item, str) else None
            known = _block(number, marks) if number is not None else None
            if isinstance(known, list):
                cut = 1 if all(isinstance(one, dict) for one in known) else len(known)
                items.extend(known[:cut])
                later.extend(known[cut:])
            else:
                rounds = [_filled(item, marks, depth + 1) for _ in marks.in_each_round(item)]
                items.extend(rounds[:1])
                later.extend(rounds[1:])
        return [*items, *later]  # so that what stands in the text keeps its place
    if isinstance(value, dict):
        return _mapping(value, marks, depth)
    return value


def _mapping(value: dict[str, Any], marks: Marks, depth: int) -> Any:
    result: dict[str, Any] = {}
    later: dict[str, str] = {}
    for key, item in value.items():
        number = marks.alone(key) if item is None else None
        if number is None:
            for _ in marks.in_each_round({key: item}) if marks.numbers(key) else (None,):
                result[_text(key, marks)] = _filled(item, marks, depth + 1)
            continue
        known = _block(number, marks)
        if isinstance(known, dict):
            for name, one in known.items():
                result.setdefault(str(name), one)
        elif known is not UNKNOWN and len(value) == 1:
            return known
        elif number in marks.keys:
            later.update(dict.fromkeys(marks.keys[number], marks.texts[number]))
        else:
            result[marks.texts[number]] = marks.texts[number]
    for name, text in later.items():
        result.setdefault(name, text)
    only = next(iter(result)) if len(result) == 1 else ""
    return only if is_unknown(only) and result[only] == only and _is_whole(value, marks) else result


def _is_whole(value: dict[str, Any], marks: Marks) -> bool:
    """Tell whether the mapping *value* is nothing but the values that one action writes, of any type."""
    number = marks.alone(next(iter(value)))
    return number is not None and marks.bodies[number].startswith("toYaml")


def _block(number: int, marks: Marks) -> Any:
    """Return what a block that the mark *number* stands for is made of; `UNKNOWN` when that is not known."""
    value = marks.values[number]
    if isinstance(value, str) and "include" in marks.bodies[number] + " template":
        documents = parse(Source("block.yaml", value.encode("utf-8", "surrogatepass")))
        value = documents.documents[0].data if documents.documents and not documents.faults else UNKNOWN
    return UNKNOWN if is_empty(value) else value


def _scalar(text: str, marks: Marks) -> Any:
    number = marks.alone(text)
    if number is None:
        return _text(text, marks)
    value = marks.values[number]
    if value is UNKNOWN or (is_empty(value) and not isinstance(value, bool | int | float)):
        return marks.texts[number]
    return value


def _text(text: str, marks: Marks) -> str:
    def one(number: int) -> str:
        value = marks.values[number]
        if marks.kinds[number] == "gap":
            return ""
        known = not (value is UNKNOWN or isinstance(value, dict | list) or value is None or value == "")
        return shown(value) if known else marks.texts[number]

    return marks.replaced(text, one)


def _has_gap(root: Any) -> bool:
    """Tell whether something was taken out of a mapping or a list below *root*."""
    pending = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if any(is_unknown(key) or is_unknown(item) for key, item in value.items()):
                return True
            pending.extend(value.values())
        elif isinstance(value, list):
            if any(is_unknown(item) for item in value):
                return True
            pending.extend(value)
    return False


def _say_unknown(resource: dict[str, Any]) -> None:
    """Give what could have been taken out of the parts of *resource* a value that says so."""
    gap = next((key for key in resource if is_unknown(key)), "")
    if gap:
        for key in ("metadata", "spec"):
            resource.setdefault(key, {gap: gap})
    kind = resource["kind"]
    _open(resource.get("metadata"), _METADATA)
    spec = resource.get("spec")
    _open(spec, _SERVICE if kind == "Service" else _WORKLOAD if kind in _RUNNING and kind != "Pod" else ())
    pods: list[Any] = [spec] if kind == "Pod" else []
    template = spec.get("template") if isinstance(spec, dict) else None
    job = spec.get("jobTemplate") if isinstance(spec, dict) else None
    if isinstance(job, dict) and isinstance(job.get("spec"), dict):
        template = job["spec"].get("template")
    if kind in _RUNNING and isinstance(template, dict):
        _open(template, ("metadata", "spec"))
        _open(template.get("metadata"), _METADATA)
        pods.append(template.get("spec"))
    for pod in pods:
        _open(pod, _POD)
        for key in ("containers", "initContainers"):
            containers = pod.get(key) if isinstance(pod, dict) else None
            for container in containers if isinstance(containers, list) else ():
                _open(container, _CONTAINER)


def _open(part: Any, keys: tuple[str, ...]) -> None:
    gap = next((key for key in part if is_unknown(key)), "") if isinstance(part, dict) else ""
    if gap:
        for key in keys:
            part.setdefault(key, gap)
