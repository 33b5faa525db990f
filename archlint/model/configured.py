"""Edges from applications' own configuration files, as far as the environment of what runs them leaves them in force."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace as changed

from msgspec.structs import replace

from archlint.model.edges import Edges
from archlint.model.facts import Setting, SettingsFact, WorkloadFact
from archlint.model.graph import Configured, Evidence, Service
from archlint.model.links import Links
from archlint.model.stores import KINDS
from archlint.model.values import completed, key_words, references, tells_host
from archlint.source.patterns import regex

_PLACEHOLDER = regex(r"\$\{(?P<name>[^:${}]+)(?::(?P<default>[^${}]*))?\}")
_MOST_DEPTH = 8
_ADDRESSES = ("URL", "URI", "HOST", "HOSTS", "JDBC_URL", "REACTIVE_URL")
_INDEX = regex(r"\[\d+\]")
_PROFILES = "SPRINGPROFILESACTIVE"
_OTHERS = {"quarkus": "QUARKUSPROFILE", "micronaut": "MICRONAUTENVIRONMENTS"}
_BUILT_FOR = {"quarkus": "prod"}
"""Profiles that an image is built for, unless its environment says another."""
_DEDUCED = {"": "k8s,cloud"}
"""Environments that Micronaut finds itself in, by where it runs."""
_OF_PLATFORM = {"compose": "docker,docker-compose,compose,container", "": "kubernetes"}
"""Profiles that images switch on for where they run, by a variable in their recipe or by Spring Cloud Kubernetes."""
_ASSUMED = 0.7


def configure(facts: Sequence[SettingsFact], links: Links, edges: Edges) -> None:
    """Add what the settings of *facts* refer to: in the scope of each workload of the application, or by name alone."""
    groups: dict[tuple[str, str], list[SettingsFact]] = defaultdict(list)
    for fact in facts:
        groups[posixpath.dirname(fact.at.path), fact.name].append(fact)
    owners: dict[str, set[str]] = defaultdict(set)
    for (folder, name), group in groups.items():
        if not all(fact.kept for fact in group):
            owners[name].add(_module(folder))
    for (folder, name), group in groups.items():
        is_own = len(owners[name]) <= 1 or all(fact.kept for fact in group)
        known_as = name if is_own else posixpath.basename(_module(folder))
        service = links.service(known_as, group[0]) if known_as or not name else None
        if service is None:
            continue
        for workload in service.workloads:
            environment = _environment(workload, edges)
            assumed = _activate(environment, group[0].extractor, workload.kind)
            told = [fact for fact in group if not (assumed and fact.kept and fact.profile)]
            settings = list(_in_force(told, environment))
            always = {entry.at.node for fact in group if not fact.profile for entry in fact.entries}
            values = {key_words(setting.key): setting.value or "" for setting in settings}
            for setting in _logins(settings, values, environment):
                login = Configured(service, workload, setting.key, setting.value or "", setting.at)
                edges.graph.settings.append(login)
            for setting in settings:
                key = _INDEX.sub("", setting.key)
                for reference in references(key, setting.value or ""):
                    if not reference.topic:
                        meant = completed(reference, key, values)
                        if assumed and setting.at.node not in always:
                            meant = changed(meant, confidence=min(meant.confidence, _ASSUMED))
                        edges.refer(service, workload, setting, [setting.at], meant, default=True)
        if not service.workloads:
            _by_name(service, group, links, edges)


def _logins(
    settings: Sequence[Setting], values: Mapping[str, str], environment: Mapping[str, str | None]
) -> Iterator[Setting]:
    """Yield those of *settings* that say as whom a server elsewhere is used; one on the same machine is a developer's."""
    for setting in settings:
        prefix, _, part = key_words(setting.key).rpartition("_")
        if part != "USERNAME":
            continue
        for name in (f"{prefix}_{address}" for address in _ADDRESSES):
            address = environment.get(_relaxed(name)) or values.get(name) or ""
            if any(reference.host for reference in references(name, address)):
                yield setting
                break


def _module(folder: str) -> str:
    """Return the folder of the module whose resources *folder* holds: a name that several modules claim was copied."""
    return folder.partition("/src/main/")[0]


def _by_name(service: Service, group: list[SettingsFact], links: Links, edges: Edges) -> None:
    """Add the edges of an application of which nothing tells how it is deployed."""
    environment: dict[str, str | None] = {_PROFILES: _BUILT_FOR.get(group[0].extractor, "")}
    for setting in _in_force(group, environment):
        for reference in references(_INDEX.sub("", setting.key), setting.value or ""):
            evidence = Evidence(
                at=setting.at,
                extractor="spring config",
                confidence=reference.confidence,
                detail=setting.key,
                host=reference.host,
                port=reference.port,
                protocol=reference.protocol,
            )
            if KINDS.get(reference.engine) in {"db", "cache", "broker"}:
                edges.add("uses", service, edges.external_store(reference), [evidence])
            elif reference.host and reference.protocol:
                target = links.service(reference.host, group[0])
                if target is not None and target is not service:
                    edges.add("calls", service, target, [evidence])


def _activate(environment: dict[str, str | None], framework: str, kind: str) -> bool:
    """Put the active profiles into *environment* where it names none, and tell whether they are only assumed."""
    variable = _OTHERS.get(framework, _PROFILES)
    if variable in environment:
        environment[_PROFILES] = environment[variable]
        return False
    if framework in _BUILT_FOR:
        environment[_PROFILES] = _BUILT_FOR[framework]
        return False
    where = _DEDUCED if framework in _OTHERS else _OF_PLATFORM
    environment[_PROFILES] = where.get("compose" if kind == "compose" else "", "")
    return True


def _environment(workload: WorkloadFact, edges: Edges) -> dict[str, str | None]:
    """Return the environment of the containers by relaxed names; `None` for what is not known."""
    found: dict[str, str | None] = {}
    for container in workload.containers:
        if not container.init:
            for setting, _ in edges.settings(container, workload):
                if setting.key:
                    found[_relaxed(setting.key)] = setting.value
    return found


def _in_force(group: list[SettingsFact], environment: Mapping[str, str | None]) -> Iterator[Setting]:
    """Yield the settings that hold: of the active profiles over those that always do, and none that the environment overrides."""
    active = [name.strip() for name in (environment.get(_PROFILES) or "").split(",") if name.strip()]
    always = [fact for fact in group if not fact.profile]
    chosen = [fact for name in active for fact in group if name in re.split(r"[\s|,]+", fact.profile)]
    entries = {entry.key: entry for fact in (*always, *chosen) for entry in fact.entries}
    known = {key: entry.value for key, entry in entries.items()}
    for key, entry in entries.items():
        if _relaxed(key) not in environment:
            value = _filled(entry.value or "", environment, known)
            if value:
                yield replace(entry, value=value, source="")


def _filled(
    text: str, environment: Mapping[str, str | None], entries: Mapping[str, str | None]
) -> str | None:
    """Return *text* with its placeholders replaced; `None` when one has no value, unless it stands for credentials."""
    known = True

    def value_of(match: re.Match[str]) -> str:
        nonlocal known
        name = match["name"].strip()
        relaxed = _relaxed(name)
        value = environment[relaxed] if relaxed in environment else entries.get(name, match["default"])
        known = known and value is not None
        return match[0] if value is None else value

    for _ in range(_MOST_DEPTH):
        filled = _PLACEHOLDER.sub(value_of, text)
        if filled == text:
            break
        text = filled
    return text if (known and "${" not in text) or tells_host(text) else None


def _relaxed(key: str) -> str:
    """Return *key* as Spring's relaxed binding compares it: `spring.kafka.bootstrap-servers` and `SPRING_KAFKA_BOOTSTRAPSERVERS` alike."""
    return key_words(key).replace("_", "")
