"""Worker processes: what runs side by side, how a signal ends it, and what happens when one of them is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from ladsim.core.errors import UserError
from ladsim.core.leftovers import note_ended, note_running, sweep

LARGEST_GROWTH = 2**40
"""Bytes by which a worker may grow: more than there are."""

TRIES = 3
"""How often calls are made anew whose worker was killed."""
_LOOK_SECONDS = 0.5
_ready = False


def spread(function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], workers: int) -> Iterator[Any]:
    """Call a function with each tuple of arguments and yield what it returns, as the calls end, in whatever order.

    With one worker the calls are made here, one after the other. Ctrl-C ends the worker processes before it goes on.
    Where a worker is killed (by the system, for want of memory), the calls that had not ended are made again.

    Args:
        function: Something that a worker process can import.
        arguments: A tuple of arguments for each call.
        workers: Processes.

    Raises:
        UserError: Too little memory, or workers that are killed again and again.
    """
    try:
        if workers == 1:
            for one in arguments:
                yield function(*one)
        else:
            yield from _spread(function, dict(enumerate(arguments)), workers)
    except MemoryError as error:
        raise out_of_memory(workers, str(error)) from error


def out_of_memory(workers: int, detail: str = "") -> UserError:
    """Return the one message for too little memory: what was needed where known, and what to change."""
    return UserError(
        f"not enough memory{': ' + detail if detail else ''}",
        key="scale, workers",
        value=f"{workers} worker{'s' if workers > 1 else ''}",
        expected="a larger scale (memory falls in proportion to it), fewer workers, or fewer months",
    )


def _spread(function: Callable[..., Any], left: dict[int, tuple[Any, ...]], workers: int) -> Iterator[Any]:
    from joblib.externals.loky.process_executor import BrokenProcessPool

    sweep()
    note_running()
    _start_tracker()
    try:
        for attempt in range(1, TRIES + 1):
            try:
                for number, value in _side_by_side(function, left, workers):
                    del left[number]
                    yield value
                return
            except BrokenProcessPool as error:
                _end_workers()
                if attempt == TRIES:
                    raise out_of_memory(workers, f"worker processes were killed {TRIES} times") from error
    except BaseException:
        _end_workers()
        raise
    finally:
        note_ended()


def _start_tracker() -> None:
    """Start loky's keeper of semaphores so that a hang-up of the whole group does not end it too early."""
    from joblib.externals.loky.backend.resource_tracker import ensure_running

    numbers = [n for name in ("SIGHUP", "SIGQUIT") if (n := getattr(signal, name, None)) is not None]
    if threading.current_thread() is not threading.main_thread():
        ensure_running()
        return
    # What a process ignores, its children ignore too.
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        ensure_running()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _side_by_side(
    function: Callable[..., Any], left: dict[int, tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, Any]]:
    from joblib import Parallel, delayed

    jobs = Parallel(n_jobs=min(workers, len(left)), backend="loky", return_as="generator_unordered", batch_size=1)
    found: Iterable[tuple[int, Any]] = jobs(
        delayed(_in_worker)(function, number, one, os.getpid()) for number, one in list(left.items())
    )
    yield from found


def _in_worker(function: Callable[..., Any], number: int, arguments: tuple[Any, ...], parent: int) -> tuple[int, Any]:
    if multiprocessing.current_process().name != "MainProcess":
        _prepare(parent)
    return number, function(*arguments)


def _prepare(parent: int) -> None:
    """Leave signals to the parent, which ends its workers, and end when the parent is gone."""
    global _ready
    if _ready:
        return
    _ready = True
    # Ctrl-C or a hang-up reaches the whole process group; the parent alone answers it.
    for name in ("SIGINT", "SIGHUP", "SIGQUIT"):
        with suppress(ValueError):
            if (signal_number := getattr(signal, name, None)) is not None:
                signal.signal(signal_number, signal.SIG_IGN)
    _keep_worker()
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _keep_worker() -> None:
    """Let a worker hold the tables of a model.

    loky takes their growth for a leak and starts another process, which imports everything and loads the kernels again.
    """
    from joblib.externals.loky import process_executor

    if hasattr(process_executor, "_MAX_MEMORY_LEAK_SIZE"):
        process_executor._MAX_MEMORY_LEAK_SIZE = LARGEST_GROWTH


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def _end_workers() -> None:
    from joblib.externals.loky import get_reusable_executor

    with suppress(Exception):
        get_reusable_executor(kill_workers=True).shutdown(wait=False, kill_workers=True)
