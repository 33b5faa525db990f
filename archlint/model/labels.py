"""Label selectors over labels of which some are not known: the answer is yes, no, or `None` for "that depends"."""

from collections.abc import Iterable, Mapping
from typing import Any


def is_unknown(value: object) -> bool:
    """Tell whether only rendering or the cluster can say what *value* is."""
    text = str(value)
    return "{{" in text or "${" in text or "$(" in text


def every(answers: Iterable[bool | None]) -> bool | None:
    """Return whether all of *answers* are yes: one no decides, one "that depends" leaves it open."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def some(answers: Iterable[bool | None]) -> bool | None:
    """Return whether one of *answers* is yes."""
    result: bool | None = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            result = None
    return result


def matches(selector: Any, labels: Mapping[str, str]) -> bool | None:
    """Tell whether a Kubernetes label *selector* selects *labels*; an empty one selects everything.

    Something without any label is one whose labels could not be read.
    """
    if selector is None or selector == {}:
        return True
    if not isinstance(selector, dict):
        return None
    wanted = selector.get("matchLabels")
    conditions = selector.get("matchExpressions")
    if not wanted and not conditions:
        return True
    if not labels:
        return None
    return every(
        [
            *(
                [_equals(labels, key, value) for key, value in wanted.items()]
                if isinstance(wanted, dict)
                else []
            ),
            *(
                [_fulfils(labels, condition) for condition in conditions]
                if isinstance(conditions, list)
                else []
            ),
        ]
    )


def pairs(selector: Any) -> list[tuple[str, str]]:
    """Return the labels, as they must be, of everything that *selector* selects."""
    wanted = selector.get("matchLabels") if isinstance(selector, dict) else None
    return [(key, _text(value)) for key, value in wanted.items()] if isinstance(wanted, dict) else []


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equals(labels: Mapping[str, str], key: str, value: Any) -> bool | None:
    wanted = _text(value)
    found = labels.get(key)
    if found == wanted:
        return True
    if is_unknown(wanted) or is_unknown(found) or is_unknown(key) or any(map(is_unknown, labels)):
        return None
    return False


def _fulfils(labels: Mapping[str, str], condition: Any) -> bool | None:
    if not isinstance(condition, dict) or not isinstance(condition.get("key"), str):
        return None
    key, operator = condition["key"], condition.get("operator")
    values = condition.get("values")
    if operator in {"Exists", "DoesNotExist"}:
        return None if any(map(is_unknown, labels)) else (key in labels) == (operator == "Exists")
    if operator not in {"In", "NotIn"} or not isinstance(values, list):
        return None
    is_one = some(_equals(labels, key, value) for value in values)
    return is_one if operator == "In" or is_one is None else not is_one
