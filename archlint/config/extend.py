"""What a configuration file builds on: other files of the project, and profiles of installed plugins."""

import os
from collections.abc import Iterator
from pathlib import Path

from archlint.config.file import ConfigFile, read_config
from archlint.errors import hint
from archlint.plugins.registry import Registry
from archlint.source.files import inside
from archlint.source.pointer import Pointer

_MOST = 32


def chain_of(file: ConfigFile, root: Path, registry: Registry) -> list[ConfigFile]:
    """Return *file* and all that it extends, each after what it builds on, so that the later win over the earlier.

    A file that is reached in several ways counts once. Raise `ConfigError` for a circle, or a file outside of *root*.
    """
    chain: list[ConfigFile] = []
    done: set[str] = set()
    pending = [(file, _names(file))]
    while pending:
        current, names = pending[-1]
        keys, name = next(names, ((), ""))
        if not name:
            pending.pop()
            done.add(current.path)
            chain.append(current)
            continue
        other = _read(current, name, keys, root, registry)
        if any(other.path == above.path for above, _ in pending):
            raise current.error(f"`{name}` extends itself", *keys)
        if len(done) + len(pending) > _MOST:
            raise current.error(f"more than {_MOST} files extend each other", *keys)
        if other.path not in done:
            pending.append((other, _names(other)))
    return chain


def profile_file(name: str, registry: Registry) -> ConfigFile:
    """Return a plugin's profile as a file: what it extends is a profile, built-in or of a plugin."""
    choice = dict(registry.profiles[name])
    base = choice.pop("extends", None)
    if base in registry.profiles:
        choice["extends"] = f"package:{base}"
    elif base is not None:
        choice["profile"] = base
    return ConfigFile(f"package:{name}", choice, None)


def _names(file: ConfigFile) -> Iterator[tuple[Pointer, str]]:
    extends = file.data.get("extends", [])
    entries = (
        [(("extends", index), name) for index, name in enumerate(extends)]
        if isinstance(extends, list)
        else [(("extends",), extends)]
    )
    for keys, name in entries:
        if not isinstance(name, str) or not name:
            raise file.error("`extends` is not the name of a file", *keys)
        yield keys, name


def _read(file: ConfigFile, name: str, keys: Pointer, root: Path, registry: Registry) -> ConfigFile:
    if name.startswith("package:"):
        profile = name.removeprefix("package:")
        if profile not in registry.profiles:
            raise file.error(
                f"no installed plugin offers `{profile}`{hint(profile, registry.profiles)}", *keys
            )
        return profile_file(profile, registry)
    path = Path(os.path.normpath(os.path.join(file.folder, name)))
    if not inside(os.path.realpath(root), str(path)):
        raise file.error(f"`{name}` is outside the project root", *keys)
    if not path.is_file():
        raise file.error(f"`{name}` does not exist", *keys)
    return read_config(path, root)
