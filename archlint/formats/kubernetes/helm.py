"""The templates of Helm charts, read without rendering.

Every line stays where it is. A reference that the chart's `values.yaml`, `Chart.yaml` and named templates decide is replaced by its
value (the release is called like the chart and goes to the namespace `default`); conditions are decided the same way, and where they are
not, the first branch counts; what a `range` repeats is read once. All else stays as written (`{{ … }}`), which is unknown to everybody.
Where a block was taken out of a mapping, all that could have been in it is unknown too. Values that are empty are there to be set and
unknown. A template of which YAML makes no sense after that is not read.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from archlint.api import UNKNOWN, Document, Resolver, Source, parse, regex
from archlint.formats.kubernetes.helm_blocks import Marks, marked
from archlint.formats.kubernetes.helm_fill import filled
from archlint.formats.kubernetes.helm_values import ASSIGNED, Scope, actions, defines, is_empty

_MOST_ACTIONS = 5_000
_MOST_TEXT = 500_000
_MOST_LIBRARIES = 50
_MOST_ROUNDS = 100
_OPENING = frozenset(("if", "with", "range", "define", "block"))
_KEY = regex(r"\s*(?P<key>[A-Za-z][\w./-]*):(?:\s|\Z)")
_CONTROL = regex(r"\s*\{\{-?\s*(?:(?:if|with|else|end)\b|/\*|\$\w+\s*:?=)[^{}]*\}\}\s*\Z")
_NEW_DOCUMENT = regex(r"\s*(?:---|apiVersion:|kind:)")
_STARTS = regex(r"(?m)^(?:---|apiVersion:|kind:)")
_ENTRIES = regex(r"\s*(?:- |\{\{[^{}]*\}\}[\"']?:\s)")
_CHART = "Chart.yaml"


def template_documents(source: Source, resolver: Resolver) -> tuple[Document, ...] | None:
    """Return the documents of *source*, a template of a chart; `None` when it is none, or cannot be read without rendering."""
    chart = _chart_of(source.path, resolver)
    if chart is None:
        return None
    try:
        text = source.text
    except UnicodeDecodeError:
        return None
    if (
        len(text) > _MOST_TEXT
        or text.count("{{") > _MOST_ACTIONS
        or any(mark in text for mark in Marks.RESERVED)
    ):
        return None
    marks = Marks()
    plain = _Reader(text, _scope(chart, source, resolver), marks).read()
    if plain is None:
        return None
    parsed = parse(Source(source.path, marked(plain, marks).encode("utf-8", "surrogatepass")))
    if parsed.faults:
        return None
    documents = tuple(
        Document(source, document.index, filled(document.data, marks), document.locator)
        for document in parsed.documents
    )
    for document in documents:
        document.memo["chart"] = chart
    return documents


class _Frame:
    """A block that is open: whether what stands in it counts, whether one of its branches did, and `.` outside of it."""

    def __init__(self, value: Any, dot: Any, *, counts: bool) -> None:
        self.counts = counts
        self.taken = value is UNKNOWN or not is_empty(value)
        self.dot = dot
        self.rounds: list[tuple[Any, dict[str, Any]]] = []


class _Reader:
    """Replaces the actions of a template by marks of the same length."""

    def __init__(self, text: str, scope: Scope, marks: Marks) -> None:
        self.text = text
        self.scope = scope
        self.marks = marks
        self.frames: list[_Frame] = []
        self.parts: list[str] = []
        self._branch: tuple[list[re.Match[str]], int] = ([], 0)

    def read(self) -> str | None:
        """Return the text with marks; `None` when its blocks are not closed."""
        end = 0
        found = actions(self.text)
        for index, action in enumerate(found):
            self._plain(self.text[end : action.start()])
            end = action.end()
            self._branch = (found, index)
            if not self._action(action["body"].strip(), action[0]):
                return None
        self._plain(self.text[end:])
        return None if self.frames else "".join(self.parts)

    @property
    def _counts(self) -> bool:
        return all(frame.counts for frame in self.frames)

    def _plain(self, text: str) -> None:
        self.parts.append(text if self._counts else self.marks.nothing(text))

    def _action(self, body: str, text: str) -> bool:
        word, _, rest = body.partition(" ")
        counted = self._counts
        if word in {"if", "with", "range"}:
            self._open(word, rest.strip(), text)
        elif word in {"define", "block"}:
            self.frames.append(_Frame(None, self.scope.dot, counts=False))
            self.parts.append(self.marks.nothing(text))
        elif word == "else":
            if not self.frames:
                return False
            self._else(rest.strip(), text)
        elif word == "end":
            if not self.frames:
                return False
            self.scope.dot = self.frames.pop().dot
            self.parts.append(self.marks.nothing(text))
        elif match := ASSIGNED.match(body):
            self.scope.variables[match["name"]] = self.scope.value(match["value"]) if counted else UNKNOWN
            self.parts.append(self.marks.nothing(text))
        elif body.startswith("/*") or not body or not counted:
            self.parts.append(self.marks.nothing(text))
        else:
            self.parts.append(self.marks.value(text, self.scope.value(body), body, self._each(body)))
        return True

    def _each(self, body: str) -> list[Any]:
        """Return what *body* writes in each round of the `range` around it; nothing where that does not depend on the round."""
        rounds = self.frames[-1].rounds if self.frames else []
        scope = self.scope
        dot, variables = scope.dot, scope.variables
        found = []
        for item, names in rounds:
            scope.dot, scope.variables = item, {**variables, **names}
            found.append(scope.value(body))
        scope.dot, scope.variables = dot, variables
        return found

    def _open(self, word: str, rest: str, text: str) -> None:
        counted = self._counts
        scope = self.scope
        expression = rest
        names = re.match(r"(?P<names>\$\w+(?:\s*,\s*\$\w+)?)\s*:=\s*", rest)
        if names is not None:
            expression = rest[names.end() :]
        value = scope.value(expression) if counted else None
        frame = _Frame(value, scope.dot, counts=value is UNKNOWN or not is_empty(value))
        self.frames.append(frame)
        if word == "range":
            scope.dot = value[0] if isinstance(value, list) and len(value) == 1 else UNKNOWN
        elif word == "with":
            scope.dot = value
        told = re.findall(r"\$\w+", names["names"]) if names is not None else []
        for name in told:
            scope.variables[name] = UNKNOWN if word == "range" else value
        if word == "range" and _ENTRIES.match(self._hidden_lines()):
            frame.rounds = _rounds(value, told)
        hidden = self._hidden() if counted and not frame.counts else "---"
        if not _NEW_DOCUMENT.match(hidden):
            head = next((line for line in hidden.splitlines() if line.strip()), "")
            self.parts.append(self.marks.gap(text, _keys_in(hidden), head))
        elif counted and value is UNKNOWN:
            self.parts.append(self.marks.doubt(text))
        else:
            self.parts.append(self.marks.nothing(text))

    def _hidden_lines(self) -> str:
        """Return the first line of the branch that the current action opens, and what follows."""
        hidden = self._hidden()
        return "" if _STARTS.search(hidden) else hidden

    def _hidden(self) -> str:
        """Return what the branch holds that the current action opens."""
        found, index = self._branch
        return self.text[found[index].end() : _end_of_branch(found, index)]

    def _else(self, rest: str, text: str) -> None:
        frame = self.frames.pop()
        self.scope.dot = frame.dot
        word, _, expression = rest.partition(" ")
        value: Any = True
        if word in {"if", "with"}:
            value = self.scope.value(expression) if not frame.taken and self._counts else None
        counts = not frame.taken and (value is UNKNOWN or not is_empty(value))
        self.parts.append(self.marks.nothing(text))
        frame.counts = counts
        frame.taken = frame.taken or counts
        self.frames.append(frame)


def _rounds(value: Any, names: list[str]) -> list[tuple[Any, dict[str, Any]]]:
    """Return `.` and the variables *names* in each round of a `range` over *value*; nothing where there are too many."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = sorted(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    if len(pairs) > _MOST_ROUNDS:
        return []
    return [(item, dict(zip(names[-2:], (key, item)[-len(names) :], strict=False))) for key, item in pairs]


def _end_of_branch(found: list[re.Match[str]], index: int) -> int:
    """Return where the branch that the action *index* opens ends."""
    depth = 0
    for action in found[index + 1 :]:
        word = action["body"].strip().partition(" ")[0]
        if not depth and word in {"end", "else"}:
            return action.start()
        depth += (word in _OPENING) - (word == "end")
    return found[index].end()


def _keys_in(text: str) -> tuple[str, ...] | None:
    """Return the keys of the mapping that *text* is a part of; `None` where they cannot be told."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    least = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    keys: list[str] = []
    for line in lines:
        if len(line) - len(line.lstrip()) > least:
            continue
        match = _KEY.match(line)
        if match is None and not _CONTROL.match(line):
            return None
        if match is not None:
            keys.append(match["key"])
    return tuple(keys) or None


def _chart_of(path: str, resolver: Resolver) -> str | None:
    """Return the folder of the chart that *path* is a template of."""
    parts = path.split("/")
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "templates":
            folder = "/".join(parts[:index])
            if resolver.read(posixpath.join(folder, _CHART)) is not None:
                return folder
    return None


def _scope(chart: str, source: Source, resolver: Resolver) -> Scope:
    about = _mapping(resolver, posixpath.join(chart, _CHART))
    name = about.get("name") if isinstance(about.get("name"), str) else UNKNOWN
    values = _values(chart, name, resolver)
    root = {
        "Values": values,
        "Chart": {key[:1].upper() + key[1:]: value for key, value in about.items()},
        "Release": {"Name": name, "Namespace": "default", "Service": "Helm", "Revision": 1, "IsInstall": True, "IsUpgrade": False},
        "Capabilities": UNKNOWN,
        "Files": UNKNOWN,
        "Template": UNKNOWN,
        "Subcharts": UNKNOWN,
    }  # fmt: skip
    templates: dict[str, str] = {}
    own = {posixpath.dirname(source.path), posixpath.join(chart, "templates")}
    for folder in (*_libraries(chart, about), *sorted(own)):
        for path in resolver.siblings(posixpath.join(folder, "x")):
            if path.endswith(".tpl") or posixpath.basename(path).startswith("_"):
                found = resolver.read(path)
                if found is not None:
                    templates |= defines("\n".join(found.lines))
    return Scope(root, templates)


def _libraries(chart: str, about: dict[str, Any]) -> Iterator[str]:
    """Yield the folders with templates of the charts that *chart* depends on: beside it (`file://…`), or inside of it."""
    dependencies = about.get("dependencies")
    for entry in dependencies[:_MOST_LIBRARIES] if isinstance(dependencies, list) else ():
        name, place = (entry.get(key) if isinstance(entry, dict) else None for key in ("name", "repository"))
        if isinstance(place, str) and place.startswith("file://"):
            yield posixpath.normpath(posixpath.join(chart, place.removeprefix("file://"), "templates"))
        if isinstance(name, str) and "/" not in name:
            yield posixpath.join(chart, "charts", name, "templates")


def _values(chart: str, name: Any, resolver: Resolver) -> dict[str, Any]:
    """Return the values of *chart*, those that the chart above gives it over its own."""
    values = _mapping(resolver, posixpath.join(chart, "values.yaml"))
    above, charts, folder = chart.rpartition("/charts/")
    if not charts and chart.startswith("charts/"):
        above, charts, folder = "", "charts/", chart.removeprefix("charts/")
    if charts and "/" not in folder and resolver.read(posixpath.join(above, _CHART)) is not None:
        given = _mapping(resolver, posixpath.join(above, "values.yaml"))
        for part in (given.get(name) if isinstance(name, str) else None, {"global": given.get("global", {})}):
            if isinstance(part, dict):
                values = _over(values, part)
    return values


def _over(values: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    result = dict(values)
    for key, item in given.items():
        mine = result.get(key)
        result[key] = {**mine, **item} if isinstance(mine, dict) and isinstance(item, dict) else item
    return result


def _mapping(resolver: Resolver, path: str) -> dict[str, Any]:
    if resolver.read(path) is None:
        return {}
    documents = resolver.documents(path)
    data = documents[0].data if documents else None
    return data if isinstance(data, dict) else {}
