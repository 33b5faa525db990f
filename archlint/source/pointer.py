"""JSON pointers as tuples of keys."""

from archlint.source.patterns import regex

type Pointer = tuple[str | int, ...]
"""The way from a document's root to a value: a `str` per mapping key, an `int` per index from 0."""


_INDEX = regex(r"0|[1-9][0-9]{0,9}")


def format_pointer(pointer: Pointer) -> str:
    """Return *pointer* as text (RFC 6901 §3): `("paths", "/a", 0)` becomes `/paths/~1a/0`."""
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in pointer)


def parse_pointer(text: str) -> tuple[str, ...]:
    """Return the keys of the JSON pointer *text* (RFC 6901 §3); indices stay text.

    Raise `ValueError` when *text* is neither empty nor starts with `/`.
    """
    if not text:
        return ()
    if not text.startswith("/"):
        raise ValueError(f"a JSON pointer starts with `/`: `{text}`")
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in text[1:].split("/"))


def lookup(data: object, keys: tuple[str | int, ...]) -> tuple[Pointer, object]:
    """Return the typed pointer and the value that *keys* lead to in *data*.

    Text that stands for an index of a list becomes an `int`. Raise `KeyError` with the key that leads nowhere.
    """
    pointer: list[str | int] = []
    value = data
    for key in keys:
        if isinstance(value, dict):
            name = str(key)
            if name not in value:
                raise KeyError(key)
            pointer.append(name)
            value = value[name]
        elif isinstance(value, list):
            index = int(key) if _INDEX.fullmatch(str(key)) else len(value)
            if index >= len(value):
                raise KeyError(key)
            pointer.append(index)
            value = value[index]
        else:
            raise KeyError(key)
    return tuple(pointer), value
