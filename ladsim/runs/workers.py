"""Worker processes: what runs side by side, and how Ctrl-C ends it."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def spread(function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], workers: int) -> Iterator[Any]:
    """Call a function with each tuple of arguments and yield what it returns, as the calls end, in whatever order.

    With one worker the calls are made here, one after the other. Ctrl-C ends the worker processes before it goes on.

    Args:
        function: Something that a worker process can import.
        arguments: A tuple of arguments for each call.
        workers: Processes.
    """
    if workers == 1:
        for one in arguments:
            yield function(*one)
        return
    from joblib import Parallel, delayed

    jobs = Parallel(n_jobs=workers, backend="loky", return_as="generator_unordered", batch_size=1)
    finished: Iterable[Any] = jobs(delayed(_in_worker)(function, one) for one in arguments)
    try:
        yield from finished
    except BaseException:
        _end_workers()
        raise


def _in_worker(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    if multiprocessing.current_process().name != "MainProcess":
        # Ctrl-C reaches the whole process group; the parent alone answers it and ends its workers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return function(*arguments)


def _end_workers() -> None:
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=False, kill_workers=True)
