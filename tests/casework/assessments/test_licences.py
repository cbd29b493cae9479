"""By whose word an instrument is used, and how it is worded: on record, told, and taken back."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.casework.assessments import licences
from app.casework.assessments.licence_models import LicenceAttestation, TextPack
from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.text_packs import read_pack
from app.cli.commands import OPERATOR
from app.core.datafile import load
from app.core.errors import Conflict, Invalid, NotFound
from app.core.values import now
from app.safeguards.guard import carrying
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.architecture.driving import drive
from tests.casework.assessments.giving import give, given
from tests.casework.assessments.test_instrument_routes import listed
from tests.casework.assessments.wording import pack, shown, written
from tests.conftest import World
from tests.making import new_case, today

RU = {"Accept-Language": "ru"}


def instrument(code: str) -> Instrument:
    return catalogue().current(code).instrument


def attest(world: World, code: str, until: date | None = None) -> None:
    with operator_work(world.house, OPERATOR, Permit("licence.attest")) as work:
        given = {"licence": "made-up permission", "reference": "T-1", "by": "A. Tester"}
        licences.attest(work, instrument(code), **given, until=until)


def withdraw(world: World, code: str) -> int:
    with operator_work(world.house, OPERATOR, Permit("licence.withdraw")) as work:
        return licences.withdraw(work, instrument(code), "the holder ended it")


def install(world: World, folder: Path, code: str, language: str, mark: str = "") -> None:
    found, words = read_pack(load(written(folder, pack(code, language, mark=mark))), catalogue())
    with operator_work(world.house, OPERATOR, Permit("text_pack.install")) as work:
        licences.install(work, found, words)


def remove(world: World, code: str, language: str) -> None:
    with operator_work(world.house, OPERATOR, Permit("text_pack.remove")) as work:
        licences.remove(work, instrument(code), language)


def judged(world: World, code: str) -> bool:
    """As a service on a case asks it, under whoever submits."""
    with operator_work(world.house, OPERATOR, Permit("licence.read")) as work:
        if licences.usable(work, instrument(code)):
            licences.require_licence(work, instrument(code))
            return True
        with pytest.raises(Conflict) as refused:
            licences.require_licence(work, instrument(code))
    assert refused.value.code == "licence-not-attested"
    assert f"casework instruments attest {code}" in refused.value.detail
    return False


def test_answers_are_taken_while_an_attestation_is_in_force(fresh: World) -> None:
    send = fresh.as_("psychologist")
    assert not judged(fresh, "moca")
    attest(fresh, "moca", until=today())
    assert judged(fresh, "moca")
    assert shown(send, "moca")["answers"] == {"taken": True, "code": None, "detail": None}
    assert listed(send)["moca"]["answers"]["taken"] is True
    assert listed(send)["sdq"]["answers"]["taken"] is False, "of another instrument"
    attest(fresh, "moca")
    assert withdraw(fresh, "moca") == 2
    assert not judged(fresh, "moca")
    assert shown(send, "moca")["answers"]["code"] == "licence-not-attested"
    with pytest.raises(NotFound):
        withdraw(fresh, "moca")


def test_an_attestation_ends_after_its_last_day(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    attest(fresh, "sdq", until=today() + timedelta(days=1))
    for days, holds in ((1, True), (2, False)):
        later = now() + timedelta(days=days)
        monkeypatch.setattr(carrying, "now", lambda later=later: later)
        with operator_work(fresh.house, OPERATOR, Permit("licence.read")) as work:
            assert licences.usable(work, instrument("sdq")) is holds
            assert (("sdq", 1) in licences.all_attested(work)) is holds
    monkeypatch.undo()
    with pytest.raises(Invalid):
        attest(fresh, "sdq", until=today() - timedelta(days=1))


def test_another_version_takes_its_own_attestation_and_wording(
    fresh: World, tmp_path: Path
) -> None:
    attest(fresh, "moca")
    install(fresh, tmp_path, "moca", "ru")
    later = replace(instrument("moca"), version=2)
    with operator_work(fresh.house, OPERATOR, Permit("licence.read")) as work:
        assert licences.usable(work, instrument("moca"))
        assert not licences.usable(work, later)
        assert licences.languages(work, instrument("moca")).keys() == {"ru"}
        assert licences.languages(work, later) == {}


@pytest.mark.parametrize("name", ["licence", "reference", "by"])
def test_an_attestation_says_something(fresh: World, name: str) -> None:
    given = {"licence": "permission", "reference": "T-1", "by": "A. Tester", name: " - "}
    with (
        pytest.raises(Invalid) as refused,
        operator_work(fresh.house, OPERATOR, Permit("licence.attest")) as work,
    ):
        licences.attest(work, instrument("moca"), **given, until=None)
    assert [fault.pointer for fault in refused.value.errors] == [f"/{name}"]
    assert not judged(fresh, "moca")


def test_wording_is_shown_in_the_language_that_is_asked_for(fresh: World, tmp_path: Path) -> None:
    send = fresh.as_("social_worker")
    install(fresh, tmp_path, "phq9", "ru")
    install(fresh, tmp_path, "phq9", "uz-Cyrl", " in Cyrillic")
    assert listed(send)["phq9"]["languages"] == ["ru", "uz-Cyrl"]
    texts = shown(send, "phq9", **RU)["texts"]
    assert texts["language"] == "ru"
    assert texts["instructions"] == "said first"
    assert texts["items"]["9"] == "text of item 9"
    assert texts["labels"]["9"] == {str(n): f"answer {n}" for n in range(4)}
    wish = {"Accept-Language": "de, uz;q=0.5, ru;q=0.1"}
    assert shown(send, "phq9", **wish)["texts"]["items"]["1"] == "text of item 1 in Cyrillic"
    assert shown(send, "phq9")["texts"] is None
    assert shown(send, "phq9", **{"Accept-Language": "en"})["texts"] is None
    assert shown(send, "gad7", **RU)["texts"] is None
    form = send("GET", "/v1/instruments/phq9/1/questionnaire", headers=RU).json()
    assert form["language"] == "ru"
    assert form["item"][1]["text"] == "text of item 1"


def test_wording_is_put_in_place_of_what_was_there_and_taken_away(
    fresh: World, tmp_path: Path
) -> None:
    send = fresh.as_("social_worker")
    for mark in ("", " anew"):
        install(fresh, tmp_path, "phq9", "ru", mark)
        assert shown(send, "phq9", **RU)["texts"]["items"]["2"] == f"text of item 2{mark}"
    remove(fresh, "phq9", "ru")
    told = shown(send, "phq9", **RU)
    assert (told["languages"], told["texts"]) == ([], None)
    assert listed(send)["phq9"]["languages"] == []
    with operator_work(fresh.house, OPERATOR, Permit("text_pack.read")) as work:
        (row,) = work.find(TextPack)
        assert licences.languages(work, instrument("phq9")) == {}
    assert (row["items"], row["labels"], row["instructions"]) == ({}, {}, None)
    with pytest.raises(NotFound):
        remove(fresh, "phq9", "ru")
    install(fresh, tmp_path, "phq9", "ru", " back")
    assert shown(send, "phq9", **RU)["texts"]["items"]["1"] == "text of item 1 back"


def test_a_general_wording_serves_a_country_and_is_the_one_that_is_kept(
    fresh: World, tmp_path: Path
) -> None:
    made, digests = new_case(fresh), dict[str, str]()
    for language in ("ru", "uz-Cyrl"):
        install(fresh, tmp_path, "phq9", language)
        told = shown(made.as_("psychologist"), "phq9", **{"Accept-Language": language})
        digests[language] = told["texts"]["digest"]
    asked = {"ru-KZ": "ru", "uz-Cyrl-UZ": "uz-Cyrl", "ru": "ru"}
    for turn, (language, used) in enumerate(asked.items()):
        on = str(today() - timedelta(days=80 - 20 * turn))
        found = given(made, "phq9", "1 1", language=language, administered_on=on)
        assert (found["language"], found["wording"]) == (language, digests[used])
    # The other way round, nobody said which country's or script's it was.
    for language in ("uz", "uz-Latn", "kk"):
        refused = give(made, "phq9", "1 1", language=language)
        assert refused.json()["errors"][0]["code"] == "not-worded", language
    install(fresh, tmp_path, "phq9", "ru-KZ", " of the country")
    told = shown(made.as_("psychologist"), "phq9", **{"Accept-Language": "ru-KZ"})["texts"]
    found = given(made, "phq9", "1 1", language="ru-KZ")
    assert found["wording"] == told["digest"] != digests["ru"]


def test_an_assessment_keeps_in_which_wording_it_was_asked(fresh: World, tmp_path: Path) -> None:
    made = new_case(fresh)
    answers = "1 1 1 1 1 1 1 1 0"
    digests = []
    for turn, mark in enumerate(("", " anew")):
        install(fresh, tmp_path, "phq9", "ru", mark)
        digests.append(shown(made.as_("psychologist"), "phq9", **RU)["texts"]["digest"])
        on = str(today() - timedelta(days=40 - 20 * turn))
        assert given(made, "phq9", answers, administered_on=on)["wording"] == digests[turn]
    remove(fresh, "phq9", "ru")
    draft = given(made, "phq9", answers, status="draft")
    assert draft["wording"] is None
    install(fresh, tmp_path, "phq9", "ru", " back")
    path = f"/assessments/{draft['id']}"
    told = made.post("psychologist", f"{path}/submit").json()
    assert told["wording"] is None  # nothing was installed as it was begun
    draft = given(made, "phq9", answers, status="draft", too_soon_reason="asked anew")
    assert draft["wording"] not in (None, *digests)
    digests += [None, draft["wording"]]
    install(fresh, tmp_path, "phq9", "ru", " once more")
    path = f"/assessments/{draft['id']}"
    told = made.post("psychologist", f"{path}/submit").json()
    assert told["wording"] == draft["wording"]
    kept = made.get("psychologist", "/assessments")["items"]
    assert [one["wording"] for one in kept] == digests
    install(fresh, tmp_path, "phq9", "ru", " more")
    amended = made.post("psychologist", f"{path}/amend", {"reason": "a slip"}).json()
    assert amended["wording"] == told["wording"]
    again = {"reason": "asked in Uzbek", "language": "uz"}
    refused = made.post("psychologist", f"/assessments/{amended['id']}/amend", again)
    assert refused.json()["errors"][0]["code"] == "not-worded"
    install(fresh, tmp_path, "phq9", "uz")
    other = made.post("psychologist", f"/assessments/{amended['id']}/amend", again).json()
    assert other["wording"] not in digests
    moved = given(made, "phq9", answers, status="draft")
    tag = made.send("psychologist", "GET", f"/assessments/{moved['id']}").headers["ETag"]
    changed = made.send(
        *("psychologist", "PATCH", f"/assessments/{moved['id']}"),
        json={"language": "uz"},
        headers={"If-Match": tag},
    )
    assert changed.json()["wording"] == other["wording"]
    assert given(made, "gad7", "0 0 0 0 0 0 0")["wording"] is None


def test_what_takes_a_licence_is_worded_only_under_one(fresh: World, tmp_path: Path) -> None:
    send = fresh.as_("psychologist")
    with pytest.raises(Conflict) as refused:
        install(fresh, tmp_path, "rhs15", "ru")
    assert refused.value.code == "licence-not-attested"
    attest(fresh, "rhs15")
    install(fresh, tmp_path, "rhs15", "ru")
    assert shown(send, "rhs15", **RU)["texts"]["items"]["1"] == "text of item 1"
    withdraw(fresh, "rhs15")
    told = shown(send, "rhs15", **RU)
    assert (told["texts"], told["languages"]) == (None, ["ru"])
    form = send("GET", "/v1/instruments/rhs15/1/questionnaire", headers=RU).json()
    assert "language" not in form
    assert "text" not in form["item"][0]


def test_rules_ask_as_little_as_they_can(fresh: World) -> None:
    """No statement where no licence is needed, else one."""
    counted: list[int] = []
    said: list[object] = []
    engine = fresh.house.engine

    def note(*given: object) -> None:
        said.append(given)

    def handler(work: UnitOfWork) -> Shown[Any]:
        for ask in (
            lambda: licences.require_licence(work, instrument("phq9")),
            lambda: licences.usable(work, instrument("moca")),
            lambda: licences.languages(work, instrument("moca")),
        ):
            said.clear()
            ask()
            counted.append(len(said))
        return work.tell(Page[Any], items=[], next=None)

    event.listen(engine, "before_cursor_execute", note)
    drive(fresh, "psychologist", Permit("instrument.read"), handler)
    event.remove(engine, "before_cursor_execute", note)
    assert counted == [0, 1, 1]


def test_each_step_is_an_event_of_the_operator(fresh: World, tmp_path: Path) -> None:
    attest(fresh, "moca")
    install(fresh, tmp_path, "moca", "ru")
    remove(fresh, "moca", "ru")
    withdraw(fresh, "moca")
    send = fresh.as_("administrator")
    for action in ("licence.attest", "text_pack.install", "text_pack.remove", "licence.withdraw"):
        (told,) = send("GET", f"/v1/audit/events?action={action}").json()["items"]
        assert told["outcome"] == "written", action
        assert told["actor_id"] == str(OPERATOR.id)


def test_why_it_was_withdrawn_is_kept(fresh: World) -> None:
    attest(fresh, "moca")
    withdraw(fresh, "moca")
    with operator_work(fresh.house, OPERATOR, Permit("licence.read")) as work:
        (row,) = work.find(LicenceAttestation)
    assert (row["withdrawn_on"], row["reason"]) == (today(), "the holder ended it")
    assert (row["attested_by"], row["attested_on"]) == ("A. Tester", today())
