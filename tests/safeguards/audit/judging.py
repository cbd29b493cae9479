"""The log and the state of a database, judged by the verifier, which is given files and keys."""

from pathlib import Path
from uuid import UUID

from app import verify
from app.core.transactions import reading
from app.safeguards.audit.exported import export
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.guard.calls import House
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.stated import state_of


def log_of(house: House, folder: Path) -> list[str]:
    """Writes the log to the folder, as far as it is signed; gives what names it to the verifier."""
    with reading(house.engine) as db:
        export(db, folder)
    return named(folder)


def named(folder: Path) -> list[str]:
    return [str(folder), *(f"--key={one}" for one in (folder / "keys").read_text().split())]


def log_judged(house: House, folder: Path, *more: str) -> int:
    return verify.main(["log", *log_of(house, folder), *more])


def sink_judged(house: House, folder: Path) -> int:
    """Whether all that the second record has is in the log."""
    return verify.main(["sink", house.settings.sink, *log_of(house, folder)])


def told_of(house: House) -> set[UUID]:
    """The events of which the second record has a line."""
    lines = Path(house.settings.sink).read_text().split("\n")
    return {UUID(line.split()[0]) for line in lines if line}


def state_judged(house: House, folder: Path) -> int:
    """Of all rows and revisions, once every event has its place in the log."""
    open_sequencer(house.engine, house.vault, house.settings).drain()
    folder.mkdir(exist_ok=True)
    with reading(house.engine, BEYOND) as db:
        lines = b"".join(b"%b\n" % one for one in state_of(db, house.vault))
        (folder / "state").write_bytes(lines)
    return verify.main(["state", str(folder / "state"), *log_of(house, folder / "log")])
