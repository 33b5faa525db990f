"""Facts of a compose project."""

import posixpath
import shlex
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from archlint.api import (
    Container,
    EndpointFact,
    Fact,
    Location,
    Port,
    Probe,
    Setting,
    Volume,
    WorkloadFact,
    regex,
    with_options,
)
from archlint.formats.compose.networks import networks_of, outside
from archlint.formats.compose.project import ComposeService, Project
from archlint.formats.spring.management import actuator_in

_PORT = regex(r"(?:(?P<host>.*):)?(?P<target>\d+)(?:-(?P<last>\d+))?(?:/(?P<protocol>\w+))?\Z")
_MOST_PORTS = 64
_SECONDS = regex(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?\Z")


def facts_of(project: Project) -> Iterator[Fact]:
    """Yield a workload and an endpoint for each service that the project's own file speaks of."""
    for service in project.services.values():
        workload = _workload(service)
        yield workload
        yield _endpoint(service)
        yield from actuator_in(workload.containers[0].settings, workload.name)


def settings_in(project: Project) -> Iterator[tuple[Setting, str]]:
    """Yield the settings of the services of *project* as committed, without `.env`, each with the name of its service.

    What a variable has where nobody says otherwise comes from `default`.
    """
    for service in Project(project.document, dotenv=False).services.values():
        written = {name: value for name, (value, _) in service.entries("environment").items()}
        for setting in with_options(_environment(service)):
            is_default = setting.value is not None and "${" in str(written.get(setting.key))
            yield replace(setting, source="default") if is_default else setting, service.name
        for setting in with_options(_arguments(service)):
            yield setting, service.name


def _workload(service: ComposeService) -> WorkloadFact:
    replicas = service.last("deploy", "replicas") or service.last("scale")
    grace = service.last("stop_grace_period")
    networks = list(networks_of(service))
    return WorkloadFact(
        at=service.document.at(service.pointer, on_key=True),
        extractor="compose",
        kind="compose",
        name=service.name,
        scope=service.project.scope,
        labels=_labels(service),
        own_labels=_labels(service),
        containers=(_container(service),),
        volumes=tuple(_volumes(service)),
        replicas=replicas[0] if replicas and isinstance(replicas[0], int) else None,
        grace_seconds=_seconds(grace[0]) if grace else None,
        host_network=(service.last("network_mode") or ("",))[0] == "host",
        build=service.last("build") is not None,
        waits_for=tuple(_waits_for(service)),
        aliases=tuple(_names(service)[1:]),
        networks=tuple(name for name, _ in networks),
        home=service.home,
        extra={
            **_origin(service),
            "shared": [name for name, is_shared in networks if is_shared],
            "hosts": list(outside(service)),
        },
    )


def _origin(service: ComposeService) -> dict[str, Any]:
    """Return what the image is made of.

    `context` is the folder of the Dockerfile below the context, as written; `recipe` the whole of `build`, and `built` the image's name.
    """
    built = service.last("build", "context") or service.last("build")
    folder = service.text(built[0]) if built is not None and isinstance(built[0], str) else None
    if built is None or not folder:
        return {}
    found = service.last("build", "dockerfile")
    name = service.text(found[0]) if found is not None and isinstance(found[0], str) else None
    more = [str(part[0]) if (part := service.last("build", key)) else "" for key in ("target", "args")]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(built[1].path), folder))
    return {
        "context": posixpath.join(folder, posixpath.dirname(name or "")).rstrip("/"),
        "recipe": "|".join((place, name or "Dockerfile", *more)),
        "built": f"{service.project.name}-{service.name}".replace("_", "-"),
    }


def _labels(service: ComposeService) -> dict[str, str]:
    return {name: service.text(value) or "" for name, (value, _) in service.entries("labels").items()}


def _container(service: ComposeService) -> Container:
    image = service.last("image")
    return Container(
        name=service.name,
        at=service.document.at(service.pointer),
        image=service.text(image[0]) if image else "",
        ports=tuple(_ports(service)),
        settings=tuple(with_options((*_environment(service), *_arguments(service)))),
        command=tuple(text for key in ("entrypoint", "command") for text, _ in service.strings(key)),
        mounts=tuple(_mounts(service)),
        readiness=_health(service),
        resources=_resources(service),
    )


def _environment(service: ComposeService) -> Iterator[Setting]:
    for name, (value, at) in service.environment.items():
        yield Setting(key=name, value=value, at=at)


def _arguments(service: ComposeService) -> Iterator[Setting]:
    for key in ("entrypoint", "command"):
        parts: list[tuple[str, Any]] = []
        for text, at in service.strings(key):
            try:
                words = shlex.split(text) if " " in text else [text]
            except ValueError:
                words = text.split()
            parts.extend((word, at) for word in words)
        taken = False
        for index, (word, at) in enumerate(parts):
            following = parts[index + 1] if index + 1 < len(parts) else None
            is_value, taken = taken, False
            if word.startswith("-") and "=" in word:
                name, _, value = word.lstrip("-").partition("=")
                yield Setting(key=name, value=value, at=at, via="argument")
            elif word.startswith("-") and following and not following[0].startswith("-"):
                yield Setting(key=word.lstrip("-"), value=following[0], at=following[1], via="argument")
                taken = True
            elif "://" in word and not (is_value or word.startswith("-")):
                yield Setting(key="", value=word, at=at, via="argument")


def _ports(service: ComposeService) -> Iterator[Port]:
    for value, document, pointer in service.every("expose"):
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _port(service.text(item), document.at((*pointer, index)), published=False)
    for value, document, pointer in service.every("ports"):
        for index, item in enumerate(value if isinstance(value, list) else ()):
            at = document.at((*pointer, index))
            if isinstance(item, dict):
                host = service.text(item.get("host_ip")) or ""
                published = service.text(item.get("published")) or ""
                outer = ":".join(part for part in (host, published) if part)
                target = service.text(item.get("target"))
                yield from _port(f"{outer}:{target}" if outer else target, at)
            else:
                yield from _port(service.text(item), at)


def _port(text: str | None, at: Location, *, published: bool = True) -> Iterator[Port]:
    """Yield the ports that *text* names, ranges one by one; a port without a host's goes to a free one (`*`)."""
    match = _PORT.match(text or "")
    if match is None:
        return
    first, host = int(match["target"]), match["host"] or "*"
    last = min(int(match["last"] or first), first + _MOST_PORTS)
    address, _, outer = host.rpartition(":")
    start = outer.partition("-")[0]
    for number in range(first, last + 1):
        shown = str(int(start) + number - first) if last > first and start.isdecimal() else outer
        yield Port(
            number=number,
            protocol=match["protocol"] or "",
            published=(f"{address}:{shown}" if address else shown) if published else "",
            at=at,
        )


def _mounts(service: ComposeService) -> Iterator[tuple[str, str, bool]]:
    for value, _, _ in service.every("volumes"):
        for item in value if isinstance(value, list) else ():
            if isinstance(item, dict):
                yield str(item.get("source", "")), str(item.get("target", "")), item.get("read_only") is True
            else:
                parts = (service.text(item) or "").split(":")
                if len(parts) > 1:
                    yield parts[0], parts[1], "ro" in parts[2:]


def _volumes(service: ComposeService) -> Iterator[Volume]:
    for source, _, _ in _mounts(service):
        kind = "host" if source.startswith((".", "/", "~", "$")) else "named"
        yield Volume(name=source, kind=kind, source=source)
    yield from _configs(service)


def _configs(service: ComposeService) -> Iterator[Volume]:
    """Yield the files that the service takes as `configs`."""
    files = {
        name: entry["file"]
        for document in service.project.files
        for name, entry in _entries(dict(_entries(document.data)).get("configs"))
        if isinstance(entry, dict) and isinstance(entry.get("file"), str)
    }
    for value, _, _ in service.every("configs"):
        for item in value if isinstance(value, list) else ():
            name = item.get("source") if isinstance(item, dict) else item
            path = service.text(files[name]) if isinstance(name, str) and name in files else None
            if path:
                yield Volume(name=str(name), kind="config", source=path)


def _entries(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _health(service: ComposeService) -> Probe | None:
    found = service.last("healthcheck")
    if found is None or not isinstance(found[0], dict) or found[0].get("disable") is True:
        return None
    return Probe(handler=f"exec:{found[0].get('test')}", at=found[1])


def _resources(service: ComposeService) -> dict[str, str]:
    found: dict[str, str] = {}
    for side, name in (("limits", "limits"), ("reservations", "requests")):
        part = service.last("deploy", "resources", side)
        if part and isinstance(part[0], dict):
            found.update(
                (f"{name}.{'cpu' if key == 'cpus' else key}", str(value)) for key, value in part[0].items()
            )
    for key, name in (
        ("mem_limit", "limits.memory"),
        ("mem_reservation", "requests.memory"),
        ("cpus", "limits.cpu"),
    ):
        value = service.last(key)
        if value:
            found.setdefault(name, str(value[0]))
    return found


def _waits_for(service: ComposeService) -> Iterator[tuple[str, str]]:
    for value, _, _ in service.every("depends_on"):
        if isinstance(value, dict):
            for name, item in value.items():
                yield str(name), str(item.get("condition", "")) if isinstance(item, dict) else ""
        elif isinstance(value, list):
            yield from ((item, "") for item in value if isinstance(item, str))


def _names(service: ComposeService) -> list[str]:
    names = [service.name]
    for key in ("container_name", "hostname"):
        found = service.last(key)
        text = service.text(found[0]) if found else None
        if text:
            names.append(text)
    for value, _, _ in service.every("networks"):
        for item in value.values() if isinstance(value, dict) else ():
            aliases = item.get("aliases") if isinstance(item, dict) else None
            names.extend(
                service.text(alias) or "" for alias in (aliases if isinstance(aliases, list) else ())
            )
    names.extend(service.project.links.get(service.name, ()))
    return [name for name in dict.fromkeys(names) if name]


def _endpoint(service: ComposeService) -> EndpointFact:
    ports = tuple(_ports(service))
    published = [
        port
        for port in ports
        if port.published and not port.published.startswith(("127.0.0.1", "localhost", "[::1]"))
    ]
    return EndpointFact(
        at=service.document.at(service.pointer, on_key=True),
        extractor="compose",
        name=service.name,
        scope=service.project.scope,
        hostnames=tuple(_names(service)),
        workload=service.name,
        ports=ports,
        kind="compose",
        exposure="host" if published else "internal",
    )


def _seconds(value: Any) -> float | None:
    match = _SECONDS.match(str(value))
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
