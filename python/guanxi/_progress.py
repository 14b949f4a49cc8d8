"""Shows where time goes: a bar in a notebook, a line on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

ROOMS = ("ledger", "value", "share", "graph", "market", "relation", "plan", "review")


def _notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


@contextlib.contextmanager
def rooms(wanted: bool | None) -> Iterator[Callable[[str], None]]:
    """Gives a function that is called with a room's name when work in it begins.

    ``wanted`` None: a bar on a terminal and in a notebook, nothing otherwise; False: never; True: always.
    """
    show = wanted if wanted is not None else (_notebook() or sys.stderr.isatty())
    if not show:
        yield lambda room: None
        return
    with _bar() as step:
        yield step


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[str], None]]:
    try:
        if _notebook():
            raise ImportError  # tqdm draws notebooks
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        with _tqdm() as step:
            yield step
        return
    with Progress(TextColumn("{task.description:>9}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(ROOMS))

        def step(room: str) -> None:
            bar.update(task, description=room, completed=ROOMS.index(room) if room in ROOMS else None)

        yield step
        bar.update(task, completed=len(ROOMS))


@contextlib.contextmanager
def _tqdm() -> Iterator[Callable[[str], None]]:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        with _plain() as step:
            yield step
        return
    with tqdm(total=len(ROOMS), leave=False) as bar:

        def step(room: str) -> None:
            bar.set_description(room)
            bar.update((ROOMS.index(room) if room in ROOMS else bar.n) - bar.n)

        yield step
        bar.update(len(ROOMS) - bar.n)


@contextlib.contextmanager
def _plain() -> Iterator[Callable[[str], None]]:
    start = time.perf_counter()

    def step(room: str) -> None:
        print(f"{time.perf_counter() - start:6.1f} s  {room}", file=sys.stderr, flush=True)

    yield step
