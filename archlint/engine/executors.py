"""Where the map step runs: here, or in worker processes when the work is worth their start."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any

from archlint.config.load import load_rule_files
from archlint.config.model import Config
from archlint.engine.check import Checked, Checker
from archlint.engine.resolve import Workspace
from archlint.errors import UsageError
from archlint.plugins.registry import Registry

if TYPE_CHECKING:
    from concurrent.futures import Executor

WORTH = 4_000_000
"""Bytes below which processes cost more than they save."""

_CHUNK = 400_000
_local = local()


def jobs_of(text: str) -> int:
    """Return the number of processes that *text* (a number or `auto`) asks for; raise `UsageError`."""
    if text in {"", "auto"}:
        return os.process_cpu_count() or 1 if hasattr(os, "process_cpu_count") else os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"`--jobs` takes a number from 1, or `auto`, not `{text}`")
    return int(text)


def check_files(
    paths: Sequence[str], checker: Checker, *, jobs: str = "auto", executor: "Executor | None" = None
) -> Iterator[Checked]:
    """Yield the result of each of *paths*, in any order.

    With several *jobs* and enough work in worker processes, or in the *executor* given. A worker that dies takes nothing with it: its
    files are checked again, one at a time, and the one that killed it becomes a finding.
    """
    count = jobs_of(jobs)
    sizes = {path: _size(checker.workspace.root, path) for path in paths}
    forced = jobs not in {"", "auto"} and count > 1
    if executor is None and (count == 1 or len(paths) < 2 or (sum(sizes.values()) < WORTH and not forced)):  # noqa: PLR2004
        for path in paths:
            yield checker.check(path)
        return
    setup = (checker.workspace.root, checker.config)
    chunks = _chunks(sizes, count)
    from concurrent.futures import as_completed  # noqa: PLC0415 - small runs need no processes

    if executor is not None:
        futures = [executor.submit(check_chunk, setup, chunk) for chunk in chunks]
        for future in as_completed(futures):
            yield from future.result()
        return
    yield from _in_processes(chunks, setup, count, checker)


def _in_processes(
    chunks: list[list[str]], setup: tuple[str, Config], count: int, checker: Checker
) -> Iterator[Checked]:
    from concurrent.futures import ProcessPoolExecutor, as_completed  # noqa: PLC0415
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    left = dict(enumerate(chunks))
    try:
        with ProcessPoolExecutor(
            min(count, len(chunks)), mp_context=_context(), initializer=_leave_interrupts
        ) as pool:
            futures = {pool.submit(check_chunk, setup, chunk): index for index, chunk in left.items()}
            try:
                for future in as_completed(futures):
                    results = future.result()
                    del left[futures[future]]
                    yield from results
            except (KeyboardInterrupt, GeneratorExit):
                _end(pool)
                raise
    except (BrokenProcessPool, OSError, ImportError):
        for chunk in left.values():
            for path in chunk:
                yield _alone(path, setup, checker)


def _alone(path: str, setup: tuple[str, Config], checker: Checker) -> Checked:
    """Check *path* in a process of its own, since one of its neighbours, or itself, killed a worker."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    with (
        suppress(BrokenProcessPool, OSError),
        ProcessPoolExecutor(1, mp_context=_context(), initializer=_leave_interrupts) as pool,
    ):
        return pool.submit(check_chunk, setup, [path]).result()[0]
    return checker.died(path)


def check_chunk(setup: tuple[str, Config], paths: list[str]) -> list[Checked]:
    """Check *paths* in a worker; what it needs for that is made once per thread and kept for the last configuration."""
    root, config = setup
    key = f"{root}\0{config.digest()}"
    known: tuple[str, Checker] | None = getattr(_local, "checker", None)
    checker = known[1] if known is not None and known[0] == key else None
    if checker is None:
        registry = Registry.load()
        registry.add(load_rule_files(Path(root), config.rule_files, registry))
        config = config.with_rules(registry.rules)
        checker = Checker(registry, config, Workspace(Path(root), registry.formats))
        _local.checker = (key, checker)
    return [checker.check(path) for path in paths]


def _leave_interrupts() -> None:
    """Let Ctrl-C, which a terminal sends to every process, end the run in the main process only."""
    import signal  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end(pool: "Executor") -> None:
    """Drop the work of *pool* and end its workers, rather than wait for what nobody wants any more."""
    from multiprocessing import active_children  # noqa: PLC0415

    pool.shutdown(wait=False, cancel_futures=True)
    for child in active_children():
        child.terminate()


def _context() -> Any:
    from multiprocessing import get_all_start_methods, get_context  # noqa: PLC0415

    return get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")


def _chunks(sizes: dict[str, int], count: int) -> list[list[str]]:
    """Return the paths in chunks of about the same size, the largest files first, several per process."""
    limit = max(_CHUNK, sum(sizes.values()) // (count * 8))
    chunks: list[list[str]] = []
    room = 0
    for path in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if not chunks or room < sizes[path]:
            chunks.append([])
            room = limit
        chunks[-1].append(path)
        room -= sizes[path]
    return chunks


def _size(root: str, path: str) -> int:
    try:
        return os.stat(os.path.join(root, path)).st_size
    except OSError:
        return 0
