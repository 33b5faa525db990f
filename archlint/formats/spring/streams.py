"""Channels of Spring Cloud Stream, and what its binders do with messages that fail."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from archlint.api import ChannelFact, Location, Setting, regex
from archlint.formats.spring.config import SpringConfig
from archlint.formats.spring.relaxed import canonical, filled

_FUNCTION = regex(r".+-(?P<way>in|out)-\d+\Z")
_PREFIX = "spring.cloud.stream"
_BINDERS = {"kafka": "kafka", "rabbit": "amqp"}
_DEAD_LETTERS = {
    "kafka": ("enabledlq", "dlqname"),
    "rabbit": ("autobinddlq", "deadletterqueuename", "republishtodlq"),
}
_FOREIGN = ("bindqueue", "queuenamegrouponly", "declareexchange")
_CONSUMED = ("group", "consumer.")
_OLD = frozenset(("input", "output"))
_WAYS: dict[str, Literal["send", "receive"]] = {
    "in": "receive",
    "out": "send",
    "input": "receive",
    "output": "send",
}


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding of a channel: `action` is empty where nothing tells its direction, `binder` where nothing tells which it is."""

    name: str
    settings: dict[str, Setting] = field(repr=False)
    action: Literal["send", "receive", ""]
    destination: str | None
    group: str
    binder: str
    dead_letters: bool | None

    @property
    def at(self) -> Location:
        """Where it says its destination, or the first thing that it says."""
        return (self.settings.get("destination") or next(iter(self.settings.values()))).at


def bindings(config: SpringConfig) -> list[Binding]:
    """Return the bindings of *config*; `dead_letters` is `None` for a binder of which nothing is known."""
    found: dict[str, dict[str, Setting]] = defaultdict(dict)
    for name, key, setting in config.below(f"{_PREFIX}.bindings"):
        found[name][key] = setting
    if not found:
        return []
    aliases = {
        setting.value or "": key for key, setting in _raw(config, "spring.cloud.stream.function.bindings.")
    }
    kinds = _binders(config)
    result = []
    for name, settings in found.items():
        said = _said(config, name, "destination", settings)
        group = _said(config, name, "group", settings)
        binder = _binder(settings.get("binder"), kinds)
        result.append(
            Binding(
                name=name,
                settings=settings,
                action=_action(name, aliases.get(name, ""), settings),
                destination=filled(said.value or "") or None
                if said is not None
                else None
                if config.is_remote
                else name,
                group=(filled(group.value or "") or "?") if group is not None else "",
                binder=binder,
                dead_letters=_dead_letters(config, name, binder) if binder else None,
            )
        )
    return result


def channels(config: SpringConfig) -> Iterator[ChannelFact]:
    """Yield what the application sends and receives by its bindings, and by the default topic of its Kafka template.

    A binding called `input` or `output` is of the time before functions: settings of it do not tell that the application binds it, and
    where both have one destination, one of the two was most likely copied.
    """
    found = bindings(config)
    old = [binding.destination for binding in found if binding.name in _OLD]
    for binding in found:
        if binding.action and binding.destination:
            for destination in binding.destination.split(","):
                yield ChannelFact(
                    at=binding.at,
                    extractor="spring cloud stream",
                    confidence=0.9
                    if binding.name not in _OLD
                    else 0.75
                    if old.count(binding.destination) == 1
                    else 0.6,
                    action=binding.action,
                    address=destination.strip(),
                    service=config.application,
                    protocol=_BINDERS.get(binding.binder, ""),
                    group="" if binding.group == "?" else binding.group,
                    extra={} if binding.dead_letters is None else {"deadLetters": binding.dead_letters},
                )
    topic = config.text("spring.kafka.template.defaulttopic")
    place = config.setting("spring.kafka.template.defaulttopic")
    if topic and place is not None:
        yield ChannelFact(
            at=place.at,
            extractor="spring kafka",
            confidence=0.9,
            action="send",
            address=topic,
            service=config.application,
            protocol="kafka",
        )


def _said(config: SpringConfig, name: str, wanted: str, settings: dict[str, Setting]) -> Setting | None:
    """Return what a binding says, here or where the rest of its settings stand: those of a profile come over what always holds."""
    if wanted in settings:
        return settings[wanted]
    for other in config.beside[1:]:
        for binding, key, setting in other.below(f"{_PREFIX}.bindings"):
            if key == wanted and canonical(binding) == canonical(name):
                return setting
    return None


def _raw(config: SpringConfig, prefix: str) -> Iterator[tuple[str, Setting]]:
    for key, setting in config.settings.items():
        if key.startswith(prefix):
            yield key[len(prefix) :], setting


def _action(name: str, function: str, settings: dict[str, Setting]) -> Literal["send", "receive", ""]:
    match = _FUNCTION.match(function or name)
    if match is not None:
        return _WAYS[match["way"]]
    if name in _WAYS:
        return _WAYS[name]
    if any(key.startswith(_CONSUMED) for key in settings):
        return "receive"
    return "send" if any(key.startswith("producer.") for key in settings) else ""


def _binders(config: SpringConfig) -> dict[str, str]:
    """Return what the binders' names mean: `kafka` and `rabbit` themselves, and binders of those types.

    Beside Kafka Streams, which has a binder and dead letters of its own, nothing can be told.
    """
    found = {}
    for other in config.beside:
        for name, key, setting in other.below(f"{_PREFIX}.binders"):
            if key == "type" and setting.value in _BINDERS:
                found[name] = setting.value
        found |= {kind: kind for kind in _BINDERS if any(True for _ in other.starts(f"{_PREFIX}.{kind}"))}
        if any(True for _ in other.starts(f"{_PREFIX}.kafka.streams")):
            return {}
        default = other.text(f"{_PREFIX}.defaultbinder")
        if default:
            found[""] = default
    return found or _by_broker(config)


def _by_broker(config: SpringConfig) -> dict[str, str]:
    """Return the binder of the only broker that the application connects to."""
    roots = {
        name
        for other in config.beside
        for name, key in (("rabbit", "spring.rabbitmq"), ("kafka", "spring.kafka"))
        if any(True for _ in other.starts(key))
    }
    return {name: name for name in roots} if len(roots) == 1 else {}


def _binder(said: Setting | None, kinds: dict[str, str]) -> str:
    """Return the type of a binder: of the one that is named, of the default one, or of the only one that is configured."""
    name = (said.value or "") if said is not None else kinds.get("", "")
    if name:
        return kinds.get(name, name if name in _BINDERS else "")
    types = {kind for name, kind in kinds.items() if name}
    return types.pop() if len(types) == 1 else ""


def _dead_letters(config: SpringConfig, name: str, binder: str) -> bool | None:
    """Tell whether failed messages of a binding go somewhere, by its own settings or by the defaults of all, in whatever profile.

    `None` = the queue is somebody else's, who may have seen to that.
    """
    wanted = _DEAD_LETTERS[binder]
    place = f"{_PREFIX}.{binder}"
    for other in config.family:
        own = {
            key.removeprefix("consumer."): setting
            for binding, key, setting in other.below(f"{place}.bindings")
            if canonical(binding) == canonical(name)
        }
        default = {
            key.removeprefix("consumer."): setting for key, setting in other.starts(f"{place}.default")
        }
        for key in wanted:
            setting = own.get(key) or default.get(key)
            if (
                setting is not None
                and (setting.value or "").strip().lower() != "false"
                and key != "republishtodlq"
            ):
                return True
        if any(key in own or key in default for key in _FOREIGN):
            return None
    return False
