"""What a client says of where it comes from is believed of nobody but a proxy that is named."""

from urllib.parse import urlencode

from tests.hostile.siege import Siege, request
from tests.hostile.test_slow import hurried as hurried

FORM = "application/x-www-form-urlencoded"


def tried(siege: Siege, name: str, address: str) -> int:
    form = {"grant_type": "password", "username": name, "password": "wrong"}
    said = [("X-Forwarded-For", address), ("X-Real-IP", address), ("Forwarded", f"for={address}")]
    said.append(("X-Forwarded-Proto", "https"))
    body = urlencode(form).encode()
    pieces = request(siege, "POST", "/v1/token", body, *said, role=None, kind=FORM)
    return siege.send(*pieces).status


def test_another_address_each_time_does_not_open_a_door_that_was_closed(hurried: Siege) -> None:
    statuses = [tried(hurried, "guessed", f"10.0.0.{n}") for n in range(12)]
    assert statuses == [400] * 10 + [429] * 2
