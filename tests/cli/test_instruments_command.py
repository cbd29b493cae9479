"""Operators' commands for licences and wording of instruments."""

from pathlib import Path

from tests.casework.assessments.wording import LICENCE, pack, written
from tests.cli.test_users_command import Desk
from tests.cli.test_users_command import desk as desk


def line(desk: Desk, code: str) -> str:
    found = desk.did("instruments", "list").splitlines()
    (told,) = [one for one in found if one.startswith(f"{code} ")]
    return " ".join(told.split())


def test_from_a_licence_to_wording_and_back(desk: Desk, tmp_path: Path) -> None:
    assert line(desk, "gad7") == "gad7 v1 takes answers - GAD-7"
    assert line(desk, "sdq") == "sdq v1 needs licence - SDQ"
    file = str(written(tmp_path, pack("sdq", "kk")))
    refused = desk.failed("instruments", "texts", file)
    assert "SDQ takes a licence of Youthinmind" in refused
    assert "casework instruments attest sdq" in refused
    told = desk.did("instruments", "attest", "sdq", *LICENCE, "--until", "2199-01-01")
    assert "no electronic version without authorisation" in told, "what one answers for"
    desk.did("instruments", "texts", file)
    assert line(desk, "sdq") == "sdq v1 takes answers kk SDQ"
    desk.did("instruments", "remove-texts", "sdq", "kk")
    assert line(desk, "sdq") == "sdq v1 takes answers - SDQ"
    assert "1 withdrawn" in desk.did("instruments", "withdraw", "sdq", "--reason", "it ended")
    assert line(desk, "sdq") == "sdq v1 needs licence - SDQ"
    done = [one.action for one in desk.events() if one.outcome == "written"]
    assert [one for one in done if one.startswith(("licence", "text_pack"))] == [
        "licence.attest",
        "text_pack.install",
        "text_pack.remove",
        "licence.withdraw",
    ]


def test_a_faulty_pack_is_told_by_its_line_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    broken = pack("gad7", labels=False).replace('5 = "text of item 5"\n', "")
    file = str(written(tmp_path, broken, "mine.toml"))
    assert desk.failed("instruments", "texts", file) == "Error: mine.toml:7: 5 is missing"
    assert line(desk, "gad7") == "gad7 v1 takes answers - GAD-7"


def test_what_cannot_be_is_told_in_one_line(desk: Desk) -> None:
    attest = ("instruments", "attest")
    assert "code: no instrument is called so" in desk.failed(*attest, "phq8", *LICENCE)
    assert "version: it has no such version" in desk.failed(
        *attest, "sdq", *LICENCE, "--version", "2"
    )
    assert "until: is over already" in desk.failed(
        *attest, "sdq", *LICENCE, "--until", "2020-01-01"
    )
    assert "reason: has no words" in desk.failed("instruments", "withdraw", "sdq", "--reason", "-")
    assert "no attestation" in desk.failed("instruments", "withdraw", "sdq", "--reason", "it ended")
    assert "no wording" in desk.failed("instruments", "remove-texts", "sdq", "kk")
    assert desk.run(*attest, "sdq").exit_code != 0, "by whose word is not left out"
