"""The expressions of Helm templates, as far as a chart's own files decide them (Go text/template, the Sprig functions that charts use most)."""

import re
from collections.abc import Callable
from typing import Any

from archlint.api import UNKNOWN, regex

_ACTION = regex(
    r"\{\{(?P<left>-?)(?P<body>\s*/\*.{0,5000}?\*/\s*|(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^\"`]){0,2000}?)(?P<right>-?)\}\}",
    re.DOTALL,
)
_TOKEN = regex(r"\"(?:\\.|[^\"\\])*\"|`[^`]*`|[()|]|[^\s()|\"`]+")
_DEFINE = regex(r"\{\{-?\s*define\s+\"(?P<name>[^\"]+)\"\s*(?P<left>-?)\}\}")
_MOST_DEPTH = 24
_MOST_TEXT = 20_000
_MOST_STEPS = 20_000
_MOST_DIGITS = 15
_MOST_REPLACED = 1_000


def actions(text: str) -> "list[re.Match[str]]":
    """Return the actions (`{{ … }}`) of *text*."""
    return list(_ACTION.finditer(text))


def defines(text: str) -> dict[str, str]:
    """Return the named templates that *text* defines, with their bodies."""
    found: dict[str, str] = {}
    for match in _DEFINE.finditer(text):
        depth = 1
        for action in _ACTION.finditer(text, match.end()):
            word = action["body"].split(None, 1)[0] if action["body"].strip() else ""
            depth += (word in {"if", "with", "range", "block", "define"}) - (word == "end")
            if not depth:
                body = text[match.end() : action.start()]
                body = body.lstrip() if match["left"] else body
                found.setdefault(match["name"], body.rstrip() if action["left"] else body)
                break
    return found


def is_empty(value: Any) -> bool:
    """Tell whether a template takes *value* for nothing."""
    return value is not UNKNOWN and (value is None or value is False or value in (0, "", [], {}))


class Scope:
    """What names mean in a template: the root, `.`, and variables."""

    def __init__(self, root: dict[str, Any], templates: dict[str, str]) -> None:
        self.root = root
        self.dot: Any = root
        self.variables: dict[str, Any] = {"$": root}
        self.templates = templates
        self.depth = 0
        self.steps = 0

    def inner(self, dot: Any) -> "Scope":
        """Return the scope of a named template that is given *dot*."""
        scope = Scope(self.root, self.templates)
        scope.dot = dot
        scope.variables = {"$": dot}
        scope.depth = self.depth + 1
        scope.steps = self.steps
        return scope

    def value(self, expression: str) -> Any:
        """Return the value of *expression*, `None` where the chart's values have none, `UNKNOWN` where they do not decide it."""
        tokens = _TOKEN.findall(expression)
        self.steps += len(tokens)
        if self.steps > _MOST_STEPS or not tokens:
            return UNKNOWN
        try:
            value, rest = self._pipeline(tokens, 0)
        except (ValueError, TypeError, IndexError, OverflowError):
            return UNKNOWN
        return value if rest == len(tokens) else UNKNOWN

    def _pipeline(self, tokens: list[str], at: int, depth: int = 0) -> tuple[Any, int]:
        piped: list[Any] = []
        while True:
            terms: list[Any] = []
            name = ""
            while at < len(tokens) and tokens[at] not in "|)":
                word = tokens[at]
                if word == "(":
                    if depth > _MOST_DEPTH:
                        raise ValueError(word)
                    value, at = self._pipeline(tokens, at + 1, depth + 1)
                    if at >= len(tokens):
                        raise ValueError(word)
                    at += 1
                    if at < len(tokens) and tokens[at].startswith(".") and len(tokens[at]) > 1:
                        value, at = _below(value, tokens[at][1:].split(".")), at + 1
                    terms.append(value)
                    continue
                if not terms and not name and re.match(r"[A-Za-z]\w*\Z", word) and word not in _CONSTANTS:
                    name = word
                else:
                    terms.append(self._term(word))
                at += 1
            if name:
                result = self._call(name, [*terms, *piped])
            elif len(terms) == 1 and not piped:
                result = terms[0]
            else:
                raise ValueError(name)
            if at < len(tokens) and tokens[at] == "|":
                piped, at = [result], at + 1
                continue
            return result, at

    def _term(self, word: str) -> Any:
        if word[0] == '"':
            return word[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        if word[0] == "`":
            return word[1:-1]
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if re.fullmatch(r"-?\d{1,15}", word):
            return int(word)
        if word == ".":
            return self.dot
        if word[0] == "$":
            name, _, rest = word.partition(".")
            value = self.variables.get(name, UNKNOWN)
            return _below(value, rest.split(".")) if rest else value
        if word[0] == ".":
            return _below(self.dot, word[1:].split("."))
        return UNKNOWN

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if name in {"include", "template"}:
            return self.include(*arguments[:2]) if arguments else UNKNOWN
        if name == "tpl":
            return self._written(*arguments[:2]) if arguments else UNKNOWN
        if name == "default":
            return (
                (arguments[0] if is_empty(arguments[1]) else arguments[1]) if len(arguments) > 1 else UNKNOWN
            )
        if name == "coalesce":
            return next((item for item in arguments if not is_empty(item)), None)
        if name in {"and", "or"}:
            wanted = name == "or"
            for item in arguments:
                if item is UNKNOWN:
                    return UNKNOWN
                if is_empty(item) is not wanted:
                    return item
            return arguments[-1]
        function = _FUNCTIONS.get(name)
        return UNKNOWN if function is None or UNKNOWN in arguments else function(*arguments)

    def include(self, name: Any, dot: Any = None) -> Any:
        """Return the text of the named template *name* given *dot*; `UNKNOWN` where something in it is not decided."""
        return self._written(self.templates.get(name) if isinstance(name, str) else None, dot)

    def _written(self, body: Any, dot: Any = None) -> Any:
        """Return the text of the template *body* given *dot*."""
        if not isinstance(body, str) or self.depth > _MOST_DEPTH:
            return UNKNOWN
        scope = self.inner(dot)
        text = _Text(scope).render(body)
        self.steps = scope.steps
        return text


def _below(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if value is UNKNOWN:
            return UNKNOWN
        if value is None:
            return None
        if not isinstance(value, dict):
            return UNKNOWN
        value = value.get(key)
    return value


class _Text:
    """What a named template writes."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.parts: list[str] = []
        self.frames: list[tuple[bool, bool, Any]] = []
        """Of each open block: whether it is written, whether one of its branches was, and `.` outside of it."""

    def render(self, text: str) -> Any:
        """Return *text* with its actions replaced; `UNKNOWN` where one is not decided by the chart's own files."""
        end, trims, size = 0, False, 0
        for action in [*actions(text), None]:
            piece = text[end : action.start()] if action else text[end:]
            piece = piece.lstrip() if trims else piece
            if self._writes:
                self.parts.append(piece.rstrip() if action and action["left"] else piece)
            if action is None:
                break
            end, trims = action.end(), bool(action["right"])
            if not self._act(action["body"].strip()):
                return UNKNOWN
            size += len(self.parts[-1]) if self.parts else 0
            if size > _MOST_TEXT:
                return UNKNOWN
        return UNKNOWN if self.frames else "".join(self.parts)

    @property
    def _writes(self) -> bool:
        return all(frame[0] for frame in self.frames)

    def _act(self, body: str) -> bool:
        """Follow the action *body*; return whether what it does is decided."""
        word, _, rest = body.partition(" ")
        if body.startswith("/*"):
            return True
        if word in {"if", "with"}:
            return self._open(word, rest)
        if word in {"range", "define", "block", "break", "continue"}:
            return False
        if word in {"else", "end"}:
            if not self.frames:
                return False
            taken, self.scope.dot = self.frames[-1][1:]
            outside = self.frames.pop()[2]
            return word == "end" or self._branch(rest.strip(), outside, taken=taken)
        if not self._writes:
            return True
        match = ASSIGNED.match(body)
        if match is not None:
            self.scope.variables[match["name"]] = self.scope.value(match["value"])
            return True
        value = self.scope.value(body)
        if value is UNKNOWN or value is None or isinstance(value, dict | list):
            return False
        self.parts.append(shown(value))
        return True

    def _open(self, word: str, condition: str) -> bool:
        value = self.scope.value(condition) if self._writes else None
        self.frames.append((not is_empty(value), not is_empty(value), self.scope.dot))
        if word == "with":
            self.scope.dot = value
        return value is not UNKNOWN

    def _branch(self, rest: str, outside: Any, *, taken: bool) -> bool:
        value: Any = None if rest else True
        if rest and not taken and self._writes:
            value = self.scope.value(rest.removeprefix("if ")) if rest.startswith("if ") else UNKNOWN
        self.frames.append((not taken and not is_empty(value), taken or not is_empty(value), outside))
        return value is not UNKNOWN


def shown(value: Any) -> str:
    """Return a scalar as a template writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


ASSIGNED = regex(r"(?P<name>\$\w+)\s*:?=\s*(?P<value>.*)\Z", re.DOTALL)
"""An assignment to a variable."""

_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "nil": None}


def _printf(form: str, *arguments: Any) -> str:
    texts = iter(arguments)
    return re.sub(r"%[svdq]", lambda _: shown(next(texts, "")), form)


def _integer(value: Any) -> Any:
    text = str(value)
    return int(text) if text.removeprefix("-").isdecimal() and len(text) <= _MOST_DIGITS else UNKNOWN


def _replaced(old: str, new: str, value: Any) -> Any:
    text = str(value)
    return text.replace(old, new) if len(text) <= _MOST_REPLACED and old else UNKNOWN


def _same(value: Any, *_: Any) -> Any:
    return value


def _last(*values: Any) -> Any:
    return values[-1]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "quote": lambda value: shown(value) if value is not None else None,
    "squote": lambda value: shown(value) if value is not None else None,
    "toString": lambda value: shown(value) if value is not None else None,
    "toYaml": _same,
    "toJson": _same,
    "required": _last,
    "indent": _last,
    "nindent": _last,
    "int": _integer,
    "int64": _integer,
    "lower": lambda value: str(value).lower(),
    "upper": lambda value: str(value).upper(),
    "trim": lambda value: str(value).strip(),
    "trunc": lambda size, value: str(value)[:size] if size >= 0 else str(value)[size:],
    "trimSuffix": lambda end, value: str(value).removesuffix(end),
    "trimPrefix": lambda start, value: str(value).removeprefix(start),
    "replace": _replaced,
    "contains": lambda part, value: (
        part in value if isinstance(part, str) and isinstance(value, str) else UNKNOWN
    ),
    "hasPrefix": lambda part, value: str(value).startswith(part),
    "hasSuffix": lambda part, value: str(value).endswith(part),
    "printf": _printf,
    "not": is_empty,
    "empty": is_empty,
    "eq": lambda one, *others: any(one == other for other in others),
    "ne": lambda one, other: one != other,
    "ternary": lambda one, other, test: one if test else other,
    "hasKey": lambda value, key: key in value if isinstance(value, dict) else UNKNOWN,
    "dict": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
    "list": lambda *items: list(items),
}
