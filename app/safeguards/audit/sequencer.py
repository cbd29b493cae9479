"""Lets the signed log grow while the application runs, and says so when it is late."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from sqlalchemy import Engine, func, select

from app.core.db import table
from app.core.logs import told
from app.core.settings import Settings
from app.core.transactions import reading, transaction
from app.safeguards.audit.log_keys import open_log_keys
from app.safeguards.audit.models import Unvouched
from app.safeguards.audit.outside import examine_log, keep
from app.safeguards.audit.sequencing import Sequencing
from app.safeguards.audit.tiles import BadTile
from app.safeguards.audit.vouching import vouched
from app.safeguards.audit.witnessing import Witnesses, keep_witnessed, witnesses_of
from app.safeguards.vault.keys import Vault

log = logging.getLogger("casework.log")
EVERY = 1.0  # seconds between two looks
SHOWN_EVERY = 10.0  # seconds between two looks of witnesses
LATE = 60  # seconds; an event that waits for longer is told of


@dataclass
class Sequencer:
    """A thread beside the requests, and one for witnesses, who may be slow.

    Several processes may have them: they take turns.
    """

    sequencing: Sequencing
    checkpoint_file: Path
    size: int = 0  # events in the log
    unvouched: int = 0  # events that were kept out of it
    witnesses: Witnesses = field(default_factory=lambda: Witnesses([]))
    shown_at: float = 0.0  # to witnesses, last
    over: Event = field(default_factory=Event)
    threads: list[Thread] = field(default_factory=list)
    damaged: bool = False  # at the last look
    looked_at: float = field(default_factory=monotonic)  # when a look succeeded last

    def start(self) -> None:
        for name, step in (("sequencer", self.grow), ("witnesses", self.ask_witnesses)):
            self.threads.append(Thread(target=self.repeat, args=(step,), daemon=True, name=name))
            self.threads[-1].start()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def repeat(self, step: Callable[[], None]) -> None:
        while True:
            step()
            if self.over.wait(EVERY):
                return

    def once(self) -> None:
        self.grow()
        self.ask_witnesses()

    def grow(self) -> None:
        """All that waits; what fails is told and tried again the next time."""
        try:
            self.drain()
            self.damaged = False
        except BadTile:
            if self.damaged:
                log.error("the log is damaged still")
            else:
                log.exception("the log is damaged")  # where, once
            self.damaged = True
        except Exception as fault:  # whatever it is, the next look comes
            log.warning("the log could not grow", extra=told(fault))
        if self.late >= LATE:
            log.error("the log is late", extra={"seconds": int(self.late)})

    def ask_witnesses(self) -> None:
        try:
            self.show_witnesses()
        except Exception as fault:
            log.warning("witnesses could not be asked", extra=told(fault))

    def drain(self) -> None:
        while not self.over.is_set():
            more, head = self.sequencing.batch()
            if head is not None and head.size != self.size:
                keep(self.checkpoint_file, head.note)
                self.size = head.size
            if not more:
                break
        self.looked_at = monotonic()
        self.count_unvouched()

    def show_witnesses(self) -> None:
        """Now and then, what is signed and not witnessed yet."""
        if not self.witnesses.each or monotonic() - self.shown_at < SHOWN_EVERY:
            return
        self.shown_at = monotonic()
        if self.size == self.witnesses.signed or not (
            found := self.witnesses.sign_now(self.sequencing.engine)
        ):
            return
        head, note = found
        if self.witnesses.behind:
            log.error("a witness has seen more than there is")
        elif self.witnesses.why:
            log.warning("a witness did not sign", extra={"count": len(self.witnesses.why)})
        with transaction(self.sequencing.engine) as db:
            keep_witnessed(db, head, note)

    def count_unvouched(self) -> None:
        with reading(self.sequencing.engine) as db:
            found = db.execute(select(func.count()).select_from(table(Unvouched))).scalar_one()
        if found > self.unvouched:
            log.error("events that the application did not write", extra={"count": found})
        self.unvouched = found

    @property
    def late(self) -> float:
        """Seconds that the oldest event has waited, or may have since a look succeeded last."""
        return max(self.sequencing.late.total_seconds(), monotonic() - self.looked_at)


def examine_log_beside(engine: Engine, settings: Settings) -> None:
    """Of a server that lets no log grow: raises UnsafeDatabase where another one has signed more
    than the database has, if what that one left is here to be looked at."""
    if settings.log_key_file.exists() and settings.log_checkpoint_file.exists():
        with transaction(engine) as db:
            keys = open_log_keys(db, settings.log_key_file, settings.log_origin)
            examine_log(db, keys, settings.log_checkpoint_file)


def open_sequencer(engine: Engine, vault: Vault, settings: Settings) -> Sequencer:
    """Raises UnsafeKey or UnsafeDatabase where the log may not grow."""
    with transaction(engine) as db:
        keys = open_log_keys(db, settings.log_key_file, settings.log_origin)
        examine_log(db, keys, settings.log_checkpoint_file)
    witnesses = witnesses_of(settings.witnesses)
    witnesses.examine(engine)
    judge: Callable[..., bool] = partial(vouched, vault.vouching)
    return Sequencer(
        Sequencing(engine, keys, judge), settings.log_checkpoint_file, witnesses=witnesses
    )
