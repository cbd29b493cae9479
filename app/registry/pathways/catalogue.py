"""All of practice, read and checked once: what is wrong is told with its file and line."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from app.core.datafile import DataFile, DataFileError
from app.core.sealed_data import load_sealed
from app.registry.pathways.definitions import (
    AlertKind,
    Gate,
    Milestone,
    Pathway,
    Phases,
    SpecialRule,
    Timer,
    Title,
    Track,
)
from app.registry.pathways.jurisdictions import read_jurisdiction
from app.registry.pathways.places import Jurisdiction
from app.registry.pathways.programme import (
    PATHWAYS,
    check_together,
    read_alerts,
    read_milestones,
    read_pathway,
    read_phases,
    read_special_rules,
)
from app.registry.pathways.reading import Table
from app.registry.pathways.tracks import TRACKS, read_timers, read_track

DATA = Path(__file__).parent / "data"
NAME = re.compile(r"(?:(tracks|pathways|jurisdictions)/)?([a-z0-9_]+)\.v([1-9][0-9]*)\.toml")
LISTS = ("milestones", "special_rules", "phases", "timers", "alerts")

T = TypeVar("T")
Versions = Mapping[int, T]
Files = dict[str, dict[int, DataFile]]  # by code in small letters, then by version


@dataclass(frozen=True)
class Catalogue:
    """Every version ever published, so that a record can name the one that judged it."""

    tracks: Mapping[str, Versions[Track]]
    pathways: Mapping[str, Versions[Pathway]]
    jurisdictions: Mapping[str, Versions[Jurisdiction]]
    phases: Versions[Phases]
    timers: Versions[Mapping[str, Timer]]  # those that belong to no track
    milestones: Mapping[str, Milestone]
    special_rules: Mapping[str, SpecialRule]
    alerts: Mapping[str, AlertKind]

    def current_track(self, code: str) -> Track:
        return newest(self.tracks[code])

    def current_pathway(self, code: str) -> Pathway:
        return newest(self.pathways[code])

    def current_jurisdiction(self, code: str) -> Jurisdiction:
        return newest(self.jurisdictions[code])

    @property
    def current_phases(self) -> Phases:
        return newest(self.phases)

    @property
    def current_timers(self) -> Mapping[str, Timer]:
        """Every timer in force by its rule, those of the tracks among them."""
        own = (self.current_track(code).timers for code in self.tracks)
        return {
            rule: timer for group in (newest(self.timers), *own) for rule, timer in group.items()
        }

    def titles(self, language: str) -> dict[str, str]:
        """Labels in this language, English where it has none: `track.JUS`, `state.JUS.charged`,
        `pathway.…`, `phase.…`, `milestone.…`, `alert.…`, `rule.…`, `closure.…`, `checklist.…`,
        `timer.…`, `jurisdiction.…`, `programme.…`."""
        labels: dict[str, Title] = {}
        for code in self.tracks:
            track = self.current_track(code)
            labels[f"track.{code}"] = track.title
            labels |= {f"state.{code}.{s.code}": s.title for s in track.states.values()}
        labels |= {f"pathway.{code}": self.current_pathway(code).title for code in self.pathways}
        phases = self.current_phases
        labels |= {f"phase.{p.code}": p.title for p in phases.phases.values()}
        labels |= {f"closure.{code}": title for code, title in phases.closure_reasons.items()}
        labels |= {f"checklist.{item.code}": item.title for item in phases.checklist}
        labels |= {f"milestone.{m.code}": m.title for m in self.milestones.values()}
        labels |= {f"alert.{kind.code}": kind.title for kind in self.alerts.values()}
        labels |= {f"rule.{r.code}": r.title for r in self.special_rules.values()}
        labels |= {f"timer.{rule}": timer.title for rule, timer in self.current_timers.items()}
        for code in self.jurisdictions:
            place = self.current_jurisdiction(code)
            labels[f"jurisdiction.{code}"] = place.title
            labels |= {f"programme.{p.code}": p.title for p in place.programmes.values()}
        return {code: title.say(language) for code, title in labels.items()}


@cache
def catalogue() -> Catalogue:
    """The practice that ships with the application."""
    return load_catalogue(DATA)


def load_catalogue(folder: Path) -> Catalogue:
    """Raises DataFileError for the first file that is unsealed, edited, missing or wrong."""
    return read_catalogue(load_sealed(folder))


def read_catalogue(files: Mapping[str, DataFile]) -> Catalogue:
    """From files by their path within the folder, whether sealed or not."""
    if not files:
        raise ValueError("no data files")
    lists, folders = sort(files)
    milestones = grown(lists["milestones"], read_milestones)
    rules = grown(lists["special_rules"], read_special_rules)
    alerts = grown(lists["alerts"], read_alerts)
    tracks = read_all(folders["tracks"], TRACKS, lambda file: read_track(file, milestones), files)
    timers = {v: read_common(file, milestones) for v, file in lists["timers"].items()}
    current = {code: newest(versions) for code, versions in tracks.items()}
    pathways = read_all(
        folders["pathways"],
        PATHWAYS,
        lambda file: read_pathway(file, current, milestones, rules),
        files,
    )
    rules_of_time = all_timers(timers, tracks, folders["tracks"])
    jurisdictions = read_all(
        folders["jurisdictions"],
        None,
        lambda file: read_jurisdiction(file, current, milestones, rules_of_time),
        files,
    )
    check_together(
        {
            code: (newest(folders["pathways"][code.lower()]), newest(v))
            for code, v in pathways.items()
        }
    )
    for code, versions in pathways.items():
        for number, pathway in versions.items():
            check_gates(folders["pathways"][code.lower()][number], pathway.gates, tracks)
    for code, places in jurisdictions.items():
        for number, place in places.items():
            check_gates(folders["jurisdictions"][code][number], place.gates, tracks)
    phases = {
        number: read_phases(file, current, milestones) for number, file in lists["phases"].items()
    }
    return Catalogue(tracks, pathways, jurisdictions, phases, timers, milestones, rules, alerts)


def sort(files: Mapping[str, DataFile]) -> tuple[Files, dict[str, Files]]:
    """The lists of codes, and the folders; each file has a known place and a version of its own."""
    lists: Files = {}
    folders: dict[str, Files] = {"tracks": {}, "pathways": {}, "jurisdictions": {}}
    for name, file in files.items():
        found = NAME.fullmatch(name)
        if not found or (not found[1] and found[2] not in LISTS):
            raise file.fault(f"{name} is not the name of a data file")
        number = int(found[3])
        if file.data.get("version") != number:
            raise file.fault(f"version must be {number}, as the file is named", "version")
        place = folders[found[1]] if found[1] else lists
        if found[1] and str(file.data.get("code")).lower() != found[2]:
            raise file.fault(f"code must be {found[2]}, as the file is named", "code")
        place.setdefault(found[2], {})[number] = file
    for group in (lists, *folders.values()):
        for versions in group.values():
            if sorted(versions) != list(range(1, len(versions) + 1)):
                raise newest(versions).fault("an earlier version is missing", "version")
    somewhere = next(iter(files.values()))
    for code in LISTS:
        if code not in lists:
            raise DataFileError(somewhere.path, 1, f"{code}.v1.toml is missing beside this file")
    return lists, folders


def read_all(
    group: Files,
    codes: tuple[str, ...] | None,
    read: Callable[[DataFile], T],
    files: Mapping[str, DataFile],
) -> dict[str, Versions[T]]:
    """Code → version → what was read, in the order of `codes`, of which none may be missing."""
    somewhere = next(iter(files.values()))
    found: dict[str, Versions[T]] = {}
    for code in codes or tuple(group):
        if code.lower() not in group:
            raise DataFileError(somewhere.path, 1, f"no file for {code}")
        versions = group[code.lower()]
        found[code] = {number: read(versions[number]) for number in sorted(versions)}
    for name, versions in group.items():
        if codes and name not in [code.lower() for code in codes]:
            raise newest(versions).fault(f"unknown code: {name}", "code")
    return found


def grown(
    versions: Mapping[int, DataFile], read: Callable[[DataFile], Mapping[str, T]]
) -> Mapping[str, T]:
    """The newest list of codes; a later one may add to an earlier one but drop nothing."""
    known: Mapping[str, T] = {}
    for number in sorted(versions):
        later = read(versions[number])
        for code in known:
            if code not in later:
                raise versions[number].fault(f"{code} of version {number - 1} is missing")
        known = later
    return known


def read_common(file: DataFile, milestones: Mapping[str, Milestone]) -> Mapping[str, Timer]:
    top = Table(file, file.data)
    top.whole("version", 1)
    timers = read_timers(top, (), milestones)
    top.close()
    return timers


def all_timers(
    common: Versions[Mapping[str, Timer]], tracks: Mapping[str, Versions[Track]], files: Files
) -> dict[str, Timer]:
    """The newest form of every timer there ever was: an older jurisdiction may still change it."""
    found = {rule: timer for number in sorted(common) for rule, timer in common[number].items()}
    for code, versions in tracks.items():
        own: dict[str, Timer] = {}
        for number in sorted(versions):
            for at, rule in enumerate(versions[number].timers):
                if rule in found:
                    file = files[code.lower()][number]
                    raise file.fault(f"timer twice: {rule}", "timers", at, "rule")
            own |= versions[number].timers
        found |= own
    return found


def check_gates(
    file: DataFile, gates: tuple[Gate, ...], tracks: Mapping[str, Versions[Track]]
) -> None:
    """A further gate stands before a move that some version of its track has."""
    for at, gate in enumerate(gates):
        moves = [track.find(gate.origin, gate.to) for track in tracks[gate.track].values()]
        if not any(moves):
            raise file.fault(f"{gate.track} has no move {gate.origin} to {gate.to}", "gates", at)
        if any(move.own_choice for move in moves if move):
            raise file.fault("no gate before a person's own choice", "gates", at)


def newest(versions: Versions[T]) -> T:
    return versions[max(versions)]
