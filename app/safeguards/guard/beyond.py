"""Past the second wall: for what rules judge by, and for what is not shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Select

from app.core.lines import Line, NotHere
from app.safeguards.guard.ground import Ground
from app.safeguards.guard.second_wall import BEYOND, wall_of


class Beyond(Ground):
    """Steps past it and back; a statement that is filtered by nothing else is the guard's own."""

    def _beyond(self, statement: Select[Any]) -> list[Any]:
        with self._no_wall():
            return list(self._db.execute(statement))

    @contextmanager
    def beyond_walls(self) -> Iterator[None]:
        """For what follows in every jurisdiction from what is done in one, and is not shown."""
        self._writes.flush()
        with self._no_wall():
            yield
            self._writes.flush()

    @contextmanager
    def _no_wall(self) -> Iterator[None]:
        """Past the second wall, which stands again afterwards."""
        if isinstance(self._db, Line):
            raise NotHere("another wall")
        BEYOND.state(self._db)
        yield
        wall_of(self.actor, self._mark.past_seals, again=True).state(self._db)
