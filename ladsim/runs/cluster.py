"""Calls on the workers of a Dask cluster: ``executor=dask scheduler=tcp://...``.

Workers need this version of ladsim, and the results folder under the same path. One thread a worker is best.
"""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ladsim.core.errors import UserError
from ladsim.core.extras import needed

SECONDS = 15
"""Seconds in which a scheduler has to answer."""
WORKERS_SECONDS = 300
"""Seconds for which a scheduler may be without workers."""
_LOOK_SECONDS = 2.0


def spread_on(scheduler: str, function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
    """Call a function with each tuple of arguments on a cluster, and yield what it returns, as the calls end.

    A call whose worker dies is made again on another one, a few times. When this process stops asking, what has not
    begun is taken back.

    Args:
        scheduler: its address, such as ``tcp://node1:8786``.
        function: something that a worker can import.
        arguments: a tuple of arguments for each call.

    Raises:
        UserError: Dask is not installed, the scheduler does not answer, it has no workers for five minutes, calls end
            their workers again and again, or they want more memory than there is.
    """
    needed("distributed", "cluster")
    from distributed import Client
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    client = _client(Client, scheduler)
    futures: list[Any] = []
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    try:
        _wait_for_workers(client, scheduler)
        futures = [client.submit(function, *one, pure=False) for one in arguments]
        for future in futures:
            future.add_done_callback(ended.put)
        for _ in range(len(futures)):
            future = _next(ended, client, scheduler)
            try:
                yield future.result()
            except (KilledWorker, MemoryError) as error:
                raise _too_little_memory(scheduler, isinstance(error, MemoryError)) from error
            except FutureCancelledError as error:
                raise _gone(scheduler) from error
            future.release()
    finally:
        if client.status == "running":
            client.cancel(futures, force=True)
        client.close(timeout=SECONDS)


def _client(kind: Any, scheduler: str) -> Any:
    try:
        return kind(scheduler, timeout=SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UserError(
            f"the scheduler does not answer ({type(error).__name__})",
            key="scheduler",
            value=scheduler,
            expected="the address of a running Dask scheduler, such as tcp://127.0.0.1:8786",
        ) from error


def _wait_for_workers(client: Any, scheduler: str) -> None:
    """Wait until there is a worker, and say so where there is none yet."""
    if client.scheduler_info()["workers"]:
        return
    print(
        f"ladsim: note: the scheduler {scheduler} has no workers yet; waiting for one for up to {WORKERS_SECONDS} s",
        file=sys.stderr,
    )
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError:
        raise _no_workers(scheduler) from None


def _next(ended: queue.SimpleQueue[Any], client: Any, scheduler: str) -> Any:
    """Return the next call that has ended; a cluster on which none can end any more is an error."""
    without = None
    while True:
        try:
            return ended.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            if client.status in ("closed", "closing"):
                raise _gone(scheduler) from None
            workers = client.scheduler_info()["workers"] if client.status == "running" else True
            without = None if workers else without or time.monotonic()
            if without is not None and time.monotonic() - without > WORKERS_SECONDS:
                raise _no_workers(scheduler) from None


def _no_workers(scheduler: str) -> UserError:
    return UserError(
        "the scheduler has no workers",
        key="scheduler",
        value=scheduler,
        expected=f"`dask worker {scheduler} --nthreads 1`, and the same command again; what is finished is kept",
    )


def _gone(scheduler: str) -> UserError:
    return UserError(
        "the scheduler has gone away",
        key="scheduler",
        value=scheduler,
        expected="the same command again when it is back; what is finished is kept",
    )


def _too_little_memory(scheduler: str, told: bool) -> UserError:
    """Return the message for calls that end their workers; ``told`` where a worker said that memory was the reason."""
    return UserError(
        "a worker of the cluster has too little memory for one replicate"
        if told
        else "workers of the cluster died again and again over one replicate",
        key="scale, workers",
        value=scheduler,
        expected="more memory for each worker, or a larger scale; what is finished is kept",
    )
