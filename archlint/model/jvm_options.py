"""Settings inside of settings: system properties in the options of a JVM, and Spring's settings as one JSON text."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from archlint.model.facts import Setting
from archlint.model.values import key_words
from archlint.source.patterns import regex

_OPTIONS = regex(r"(?:^|_)(?:JAVA|JDK|JVM|CATALINA|APP|SERVER)(?:_\w+)?_(?:OPTS|OPTIONS|ARGS)$|^JVM_?FLAGS$")
_PROPERTY = regex(
    r"(?:^|\s)(?:-D|--)(?P<key>[A-Za-z][\w\[\]-]*(?:\.[\w\[\]-]+)+)=(?P<value>\"[^\"]*\"|'[^']*'|\S+)"
)
_ALONE = regex(r"D[a-z][\w\[\]-]*(?:\.[\w\[\]-]+)+\Z")
_JSON = "SPRING_APPLICATION_JSON"
_MOST_TEXT = 20_000
_MOST_ENTRIES = 500


def with_options(settings: Iterable[Setting]) -> Iterator[Setting]:
    """Yield *settings*, and after those that hold more of them what they hold, at the same place."""
    for setting in settings:
        text = setting.value
        if text is None or not setting.key or len(text) > _MOST_TEXT:
            yield setting
        elif setting.via == "argument" and _ALONE.match(setting.key):
            yield replace(setting, key=setting.key[1:])
        elif setting.key == _JSON and (found := list(_entries(text))):
            yield from (replace(setting, key=key, value=value) for key, value in found)
        else:
            yield setting
            if _OPTIONS.search(key_words(setting.key)):
                for match in _PROPERTY.finditer(text):
                    yield replace(setting, key=match["key"], value=match["value"].strip("\"'"))


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield the values of the JSON object *text* under dotted keys; nothing where it is none."""
    try:
        root = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return
    pending = [("", root)] if isinstance(root, dict) else []
    for _ in range(_MOST_ENTRIES):
        if not pending:
            return
        path, value = pending.pop()
        if isinstance(value, dict):
            pending.extend(
                (f"{path}.{key}" if path else str(key), item) for key, item in reversed(value.items())
            )
        elif isinstance(value, list):
            pending.extend((f"{path}[{index}]", value[index]) for index in reversed(range(len(value))))
        elif path and value is not None:
            yield path, str(value).lower() if isinstance(value, bool) else str(value)
