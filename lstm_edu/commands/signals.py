"""Being asked to end: SIGTERM from a system that shuts down, SIGHUP from a terminal that closes."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """While inside, SIGTERM and SIGHUP raise SystemExit with the code that a shell would report, 128 + the signal's
    number: whoever started processes or opened files can end them. A second one ends this process on the spot.

    In the main thread alone, and for signals that nobody else handles or, as `nohup` does, ignores. Afterwards
    everything is as it was.
    """

    def end(number: int, _: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = []
    try:
        if threading.current_thread() is threading.main_thread():
            for number in numbers:
                if signal.getsignal(number) == signal.SIG_DFL:
                    signal.signal(number, end)
                    ours.append(number)
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


class Wish:
    """Whether somebody asked this process to end, and by which signal."""

    number: int | None = None

    def __call__(self) -> bool:
        return self.number is not None


@contextlib.contextmanager
def ending_between_steps() -> Iterator[Wish]:
    """While inside, Ctrl-C, SIGTERM and SIGHUP only leave a wish, which a loop looks at between two steps: what it
    works on is whole then. A second one ends this process on the spot.

    In the main thread alone, and for signals that nobody ignores. Afterwards everything is as it was.
    """
    wish = Wish()
    before: dict[int, Any] = {}

    def note(number: int, _: Any) -> None:
        wish.number = number
        signal.signal(number, before[number] if callable(before[number]) else signal.SIG_DFL)

    try:
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                if number is not None and (handler := signal.getsignal(number)) not in (signal.SIG_IGN, None):
                    before[number] = handler
                    signal.signal(number, note)
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
