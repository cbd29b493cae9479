"""A step that a thread of its own takes again and again, beside the requests."""

from threading import Event, Thread
from typing import ClassVar


class Repeating:
    """Base of what has an `over` and a `thread`; `once` must not fail, whatever happens."""

    called: ClassVar[str]  # the name of the thread
    every: ClassVar[float]  # seconds between two steps
    over: Event
    thread: Thread | None

    def once(self) -> None:
        raise NotImplementedError  # each that repeats says what

    def start(self) -> None:
        self.thread = Thread(target=self.run, daemon=True, name=self.called)
        self.thread.start()

    def stop(self) -> None:
        self.over.set()
        if self.thread is not None:
            self.thread.join()

    def run(self) -> None:
        while True:
            self.once()
            if self.over.wait(self.every):
                return
