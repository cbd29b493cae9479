"""Each way to break a data file is refused with the file and line of the break."""

from pathlib import Path
from typing import NamedTuple

import pytest

from app.core.datafile import DataFileError
from app.core.sealed_data import read_files
from app.registry.pathways.catalogue import read_catalogue
from tests.registry.pathways.conftest import Edit


class Break(NamedTuple):
    name: str  # file
    old: str
    new: str
    mark: str  # first text on the line that is blamed, in the broken file
    fault: str  # what is said


RPT, JUS, SEC, MHP, CPC, REL = (f"tracks/{t}.v1.toml" for t in "rpt jus sec mhp cpc rel".split())
P3, P5, P6, P7, P9 = (
    f"pathways/{name}.v1.toml"
    for name in (
        "p3_adult_not_prosecuted",
        "p5_child_accompanied",
        "p6_child_unaccompanied",
        "p7_child_contact_law",
        "p9_family_in_community",
    )
)
RA, RB = "jurisdictions/ra.v1.toml", "jurisdictions/rb.v1.toml"
MILESTONES, PHASES, TIMERS = "milestones.v1.toml", "phases.v1.toml", "timers.v1.toml"
OWN = 'to = "declined"\nroles = ["psychologist"]\n'
CHOOSERS = (
    'roles = ["coordinator", "social_worker", "legal_officer", "centre_manager", "supervisor"]'
)

BREAKS = {
    # states and moves
    "to unknown": Break(CPC, 'to = "monitoring"', 'to = "gone"', 'to = "gone"', "state: gone"),
    "from unknown": Break(CPC, 'from = ["bia_due"]', 'from = ["x"]', 'from = ["x"]', "state: x"),
    "from nowhere": Break(CPC, 'from = ["bia_due"]', "from = []", "from = []", "from is empty"),
    "unreachable": Break(CPC, "[states]", "[states]\nlost = { title = { en = 'L', ru = 'Л' } }", "lost", "cannot be reached"),
    "dead end": Break(CPC, 'ru = "Закрыто" }, ends = true', 'ru = "Закрыто" }, ends = false', "mark-none", ""),
    "no start": Break(CPC, 'start = "bia_due"\n', "", "# Child protection", "start is missing"),
    "start unknown": Break(CPC, 'start = "bia_due"', 'start = "x"', 'start = "x"', "unknown state: x"),
    "move twice": Break(CPC, 'from = ["bid_panel"]', 'from = ["bid_panel", "bid_panel"]', "from = [\"bid_panel\", ", "twice"),
    "move in two entries": Break(CPC, 'from = ["bia_done", "care_arranged", "monitoring"]\nto = "bid_panel"', 'from = ["bia_done"]\nto = "monitoring"', 'from = ["bia_done", "care_arranged"]', "move twice: bia_done to monitoring"),
    "to itself": Break(CPC, 'from = ["bia_due"]\nto = "bia_done"', 'from = ["bia_due", "bia_done"]\nto = "bia_done"', 'from = ["bia_due", "bia_done"]', "to itself"),
    "no reason key": Break(CPC, "reason = false\n", "", "[[moves]]", "reason is missing"),
    "reason no flag": Break(CPC, "reason = false", 'reason = "no"', 'reason = "no"', "true or false"),
    "role unknown": Break(CPC, 'roles = ["child_protection_officer"]', 'roles = ["boss"]', 'roles = ["boss"]', "unknown role: boss"),
    "no roles": Break(CPC, 'roles = ["child_protection_officer"]', "roles = []", "roles = []", "roles is empty"),
    "gate unknown": Break(CPC, 'gate = ["best_interests_assessed"]', 'gate = ["magic"]', 'gate = ["magic"]', "unknown milestone: magic"),
    "child gate unknown": Break(RPT, 'child_gate = ["best_interests_assessed"]', 'child_gate = ["magic"]', "child_gate", "unknown milestone: magic"),
    "who unknown": Break(JUS, 'who = "child"', 'who = "dog"', 'who = "dog"', "unknown kind of person: dog"),
    "lead idle": Break(CPC, 'lead = "child_protection_officer"', 'lead = "educator"', "lead =", "cannot make the first move"),
    "unnamed prosecution": Break(SEC, "decided_by = true", "decided_by = false", "decided_by = false", "needs a named decider"),
    # what a track is
    "class unknown": Break(CPC, 'record_class = "protection"', 'record_class = "x"', "record_class", "unknown record class: x"),
    "child class unknown": Break(JUS, '"child_justice"', '"x"', "child_record_class", "unknown record class: x"),
    "pillar unknown": Break(CPC, '"reintegration"', '"x"', "pillar", "unknown pillar: x"),
    "key unknown": Break(CPC, "version = 1", "version = 1\ncolour = 2", "colour", "unknown key: colour"),
    "key of a move": Break(CPC, "decided_by = true", "decided_by = true\nskip = true", "skip", "unknown key: skip"),
    "key of a state": Break(CPC, "bia_due = { ", "bia_due = { x = 1, ", "bia_due = {", "unknown key: x"),
    "no Russian": Break(CPC, ', ru = "Наблюдение"', "", "monitoring = {", "title is missing in ru"),
    "empty text": Break(CPC, '"Наблюдение"', '" "', "monitoring = {", "no text in ru"),
    "no language": Break(CPC, 'ru = "Наблюдение"', 'ru = "Н", Klingon = "x"', "monitoring = {", "not a language: Klingon"),
    "state code": Break(CPC, "[states]", '[states]\n"Bad Code" = { }', "Bad Code", "not a code"),
    "no toml": Break(CPC, "[states]", "[states\n", "[states", ""),
    # the wall
    "role behind the wall": Break(CPC, 'roles = ["child_protection_officer"]', 'roles = ["child_protection_officer", "prosecutor"]', 'roles = ["child_protection_officer", "prosecutor"]', "lets no prosecutor track.move in protection"),
    "milestone behind the wall": Break(MILESTONES, 'by = ["psychologist"]', 'by = ["prosecutor"]', 'by = ["prosecutor"]\ntitle = { en = "Safety', "lets no prosecutor milestone.reach in clinical"),
    "alert behind the wall": Break("alerts.v1.toml", 'discipline = "psychologist"', 'discipline = "prosecutor"', 'discipline = "prosecutor"', "lets no prosecutor alert.read"),
    "alert without audience": Break("alerts.v1.toml", '"alert_visit"', '"plan"', 'record_class = "plan"', "an audience of its own"),
    "alert without clock": Break("alerts.v1.toml", "acknowledge = { hours = 4 }\n", "", "[alerts.CHILD_SAFEGUARD]", "acknowledge is missing"),
    # choice
    "reason for a no": Break(MHP, OWN + "reason = false", OWN + "reason = true", "reason = true\ndecided_by = false\nown_choice", "depend on reason"),
    "gate before a no": Break(MHP, "own_choice = true", 'own_choice = true\ngate = ["arrived"]', 'gate = ["arrived"]', "depend on gate"),
    "deaf role": Break(RPT, CHOOSERS, CHOOSERS.replace(', "supervisor"', ""), CHOOSERS.replace(', "supervisor"', ""), "could not record this choice: supervisor"),
    "trapped": Break(REL, 'in_progress = { title = { en = "In progress", ru = "Идёт" } }', 'in_progress = { title = { en = "In progress", ru = "Идёт" } }\nmore = { title = { en = "M", ru = "М" } }', "more =", "cannot be reached"),
    # timers
    "no due": Break(CPC, "due = { hours = 72 }\n", "", "[[timers]]", "due is missing"),
    "due in weeks": Break(CPC, "{ hours = 72 }", "{ weeks = 2 }", "weeks", "one of hours, days, months"),
    "due zero": Break(CPC, "{ hours = 72 }", "{ hours = 0 }", "hours = 0", "at least 1"),
    "due of two": Break(CPC, "{ hours = 72 }", "{ hours = 1, days = 2 }", "hours = 1", "one of hours, days, months"),
    "timer twice": Break(CPC, '"D06-guardian"', '"D06"', 'rule = "D06"\ntitle = { en = "Int', "timer twice: D06"),
    "timer of another": Break(CPC, '"D06-guardian"', '"D07"', 'rule = "D07"', "timer twice: D07"),
    "start of timer": Break(CPC, '{ milestone = "arrived" }', '{ milestone = "x" }', 'milestone = "x"', "unknown milestone: x"),
    "start of no kind": Break(CPC, '{ milestone = "arrived" }', '{ moon = "full" }', "moon", "unknown key: moon"),
    "event unknown": Break(JUS, '"custody_started"', '"x"', 'event = "x"', "unknown event: x"),
    "state of timer": Break(JUS, '{ state = "charged" }', '{ state = "x" }', 'state = "x"', "unknown state: x"),
    "condition unknown": Break(CPC, '"unaccompanied"', '"x"', 'when = "x"', "unknown condition: x"),
    "met by unknown": Break(CPC, 'met_by = "best', 'met_by = "worst', "worst", "unknown milestone"),
    "calendar unknown": Break(TIMERS, '"working"', '"lunar"', "lunar", "unknown calendar: lunar"),
    "working hours": Break(TIMERS, "due = { days = 5 }", "due = { hours = 5 }", "calendar =", "counts in days"),
    "child waits": Break(JUS, "child_due = { hours = 24 }", "child_due = { days = 3 }", "child_due", "must not wait longer"),
    # the programme
    "pathway track": Break(P3, '["JUS"]', '["JUX"]', "forbids", "unknown track: JUX"),
    "opens unknown": Break(P5, '"EDU"', '"EDX"', "opens", "unknown track: EDX"),
    "opens and forbids": Break(P3, '["JUS"]', '["SEC"]', "opens", "SEC is both forbidden"),
    "opens voluntary": Break(P5, '"EDU"', '"REL"', "opens", "REL: a voluntary track"),
    "offers duty": Break(P3, '["REL"]', '["CPC"]', "offers", "CPC: a voluntary track"),
    "coexists unknown": Break(P5, '"P7_CHILD_CONTACT_LAW"', '"P77"', "coexists", "unknown pathway: P77"),
    "one-sided": Break(P9, "counted = false", 'counted = false\ncoexists = ["P3_ADULT_NOT_PROSECUTED"]', "coexists", "P3_ADULT_NOT_PROSECUTED does not coexist with P9"),
    "overlay apart": Break(P7, '    "P11_NATIONALITY_OPEN",\n]\ncoexists', '    "P9_FAMILY_IN_COMMUNITY",\n]\ncoexists', "overlays", "an overlay must coexist with P9"),
    "rule unknown": Break(P5, '"own_file"', '"x"', "rules", "unknown special rule: x"),
    "pathway code": Break(P5, 'code = "P5_CHILD_ACCOMPANIED"', 'code = "P5"', 'code = "P5"', "as the file is named"),
    "nobody decides": Break(P5, "members = 3", "members = 0", "members", "at least 1"),
    "decision role": Break(P5, '"coordinator"]', '"king"]', 'roles = ["child', "unknown role: king"),
    "decision key": Break(P5, "members = 3", "members = 3\nauto = true", "auto", "unknown key: auto"),
    "gate of no move": Break(P6, 'from = "arrived"', 'from = "verified"', '[[gates]]\ntrack = "RPT"\nfrom = "verified"', "RPT has no move verified to transferred_out"),
    "gate before choice": Break(P6, 'from = "arrived"\nto = "transferred_out"', 'from = "verified"\nto = "declined"', '[[gates]]\ntrack = "RPT"\nfrom = "verified"', "no gate before a person's own choice"),
    "gate of nothing": Break(P6, 'also = ["interim_guardian"]', "also = []", "also = []", "also is empty"),
    "milestone key": Break(MILESTONES, "[milestones.arrived]", "[milestones.arrived]\nx = 1", "x = 1", "unknown key: x"),
    "milestone class": Break(MILESTONES, '"clinical"', '"x"', 'record_class = "x"', "unknown record class: x"),
    "milestone child class": Break(MILESTONES, '"child_justice"', '"x"', "child_record_class", "unknown record class: x"),
    "milestone by": Break(MILESTONES, 'by = ["educator"]', 'by = ["boss"]', "boss", "unknown role: boss"),
    "nobody's body": Break(CPC, "decided_by = true\nby_body = true", "decided_by = false\nby_body = true", "by_body", "must be named"),
    "intake unknown": Break(PHASES, 'adult = ["RPT"', 'adult = ["RPX"', "RPX", "unknown track: RPX"),
    "intake state": Break(PHASES, 'at = { RPT = "arrived" }', 'at = { RPT = "gone" }', "at =", "unknown state: gone"),
    "intake voluntary": Break(PHASES, 'adult = ["RPT"', 'adult = ["REL", "RPT"', "[intake]", "REL is voluntary"),
    "checklist milestone": Break(PHASES, 'milestone = "documents_issued"', 'milestone = "x"', 'milestone = "x"', "unknown milestone: x"),
    "milestone twice": Break(MILESTONES, "[milestones.assessed]", "[milestones.arrived]", "[milestones.arrived]\nrecord_class = \"clinical\"", ""),
    "phase undecided": Break(PHASES, "decided_by = true", "decided_by = false", "decided_by = false", "decided by a named person"),
    "phase unknown": Break(PHASES, 'to = "aftercare"', 'to = "heaven"', "heaven", "unknown state: heaven"),
    "phase stuck": Break(PHASES, '"closed", ', "", "", ""),
    "phase unreachable": Break(PHASES, "[phases]", "[phases]\nx = { title = { en = 'X', ru = 'Х' }, ends = true }", "x = {", "phase x cannot be reached"),
    "closure unknown": Break(PHASES, 'except_for = ["deceased"', 'except_for = ["bored"', "bored", "unknown closure reason: bored"),
    # jurisdictions
    "country": Break(RA, '"XA"', '"Xa"', "country", "two capital letters"),
    "zone": Break(RA, '"Etc/GMT-5"', '"Mars/Base"', "time_zone", "unknown time zone: Mars/Base"),
    "zone outside": Break(RA, '"Etc/GMT-5"', '"../x"', "time_zone", "unknown time zone: ../x"),
    "language": Break(RA, '"kk"', '"Kazakh"', "languages", "not a language: Kazakh"),
    "majority": Break(RA, "majority = 18", "majority = 16", "majority", "at least 18"),
    "majority flag": Break(RA, "majority = 18", "majority = true", "majority", "a whole number"),
    "day": Break(RB, '"sun"', '"son"', "working_days", "unknown day: son"),
    "no week": Break(RB, '["sun", "mon", "tue", "wed", "thu"]', "[]", "working_days", "is empty"),
    "holiday text": Break(RA, "[2025-10-06", '["2025-10-06"', "2025-10-06", "must hold dates"),
    "holiday twice": Break(RA, "2025-10-06", "2025-01-02", "days = [2025-01-02, 2026-10-05", "holiday twice"),
    "periods overlap": Break(RA, "since = 2021-01-01", "since = 2020-12-31", "since = 2020-12-31", "before the last one ended"),
    "period backwards": Break(RA, "until = 2020-12-31", "until = 1990-01-01", "until", "ends before it begins"),
    "grave above": Break(RB, "grave = 14", "grave = 15", "grave = 15", "above the general"),
    "band gap": Break(RA, "youngest = 12", "youngest = 13", "youngest = 13", "gap or overlap"),
    "band open": Break(RA, 'youngest = 60', "youngest = 60\noldest = 99", "[[age_bands]]", "last age band"),
    "school": Break(RA, "last = 16", "last = 5", "school_age", "before it begins"),
    "override unknown": Break(RA, 'rule = "D08"', 'rule = "D99"', "D99", "unknown timer: D99"),
    "override empty": Break(RA, 'rule = "D08"\ndue = { days = 30 }', 'rule = "D08"', 'rule = "D08"', "due is missing"),
    "override child": Break(RB, "child_due = { hours = 12 }", "child_due = { hours = 25 }", "child_due", "must not wait longer"),
    "override by default": Break(RA, "due = { hours = 48 }\nchild_due = { hours = 24 }", "due = { hours = 12 }", '[[timers]]\nrule = "D01"', "must not wait longer"),
    "override working": Break(RB, "due = { days = 7 }", "due = { hours = 7 }", '[[timers]]\nrule = "D17"', "counts in days"),
    "offer duty": Break(RB, 'track = "REL"', 'track = "CPC"', 'track = "CPC"', "not voluntary"),
    "gate drops": Break(RB, 'also = ["rights', 'instead = ["rights', '[[gates]]', "also is missing"),
    "number": Break(RA, '"A-{random:8}"', '"A-{year}-{random:8}"', 'number = "A', "number must be"),
    "short number": Break(RA, '"A-{random:8}"', '"A-{random:3}"', 'number = "A', "6 to 24"),
    "version": Break(RA, "version = 1", "version = 2", "version", "version must be 1"),
}  # fmt: skip
EXPECTED_ELSEWHERE = {"dead end", "phase stuck"}


@pytest.mark.parametrize("kind", [kind for kind in BREAKS if kind not in EXPECTED_ELSEWHERE])
def test_a_broken_file_is_refused_at_its_line(kind: str, folder: Path, edit: Edit) -> None:
    broken = BREAKS[kind]
    path = edit(broken.name, broken.old, broken.new)
    text = path.read_text()
    assert broken.mark in text
    line = text[: text.index(broken.mark)].count("\n") + 1
    with pytest.raises(DataFileError) as caught:
        read_catalogue(read_files(folder))
    assert caught.value.path == path
    assert broken.fault in caught.value.fault
    assert caught.value.line == line
