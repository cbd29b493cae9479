"""The API pages need nothing that we do not serve."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core import api_pages
from app.core.settings import Settings
from app.main import build
from tests.conftest import World


class Page(HTMLParser):
    """What a browser would load, and what it would run from the page itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "link", "img", "iframe"):
            self.loaded.append(given.get("src") or given.get("href") or "")
        self.inline |= tag == "style" or (tag == "script" and "src" not in given)
        self.inline |= any(name == "style" or name.startswith("on") for name in given)


def test_the_page_and_all_it_loads_come_from_us(world: World) -> None:
    page = world.client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    found = Page(page.text)
    assert not found.inline
    assert len(found.loaded) == 4
    types = {".js": "text/javascript", "css": "text/css", "png": "image/png"}
    for address in found.loaded:
        assert re.match("/docs/static/[a-z-]+[.][a-z]+$", address), address
        answer = world.client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["content-type"].startswith(types[address[-3:]])
        assert len(answer.content) > 100


def test_nothing_is_fetched_from_elsewhere(world: World) -> None:
    script = world.client.get("/docs/static/docs.js").text
    assert "://" not in script
    assert 'url: "/openapi.json"' in script
    assert "validatorUrl: null" in script
    style = world.client.get("/docs/static/swagger-ui.css").text
    assert "@import" not in style
    assert {one[:5] for one in re.findall(r"url\([\"']?([^)\"']*)", style)} == {"data:"}


def test_the_browser_is_told_to_run_our_files_alone(world: World) -> None:
    header = world.client.get("/docs").headers["content-security-policy"]
    rules = {name: value for name, *value in map(str.split, header.split(";"))}
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == ["'self'"]
    assert rules["connect-src"] == ["'self'"]
    assert rules["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in header
    assert "://" not in header


@pytest.mark.parametrize("name", ["redoc.standalone.js", "..%2Fapi_pages.py", "docs.html", "x.js"])
def test_no_other_file_is_served(world: World, name: str) -> None:
    answer = world.client.get(f"/docs/static/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_missing_file_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(api_pages, "OURS", tmp_path)
    with pytest.raises(RuntimeError, match=r"docs\.js"):
        api_pages.assets()


def test_the_description_says_what_opens_an_operation(world: World) -> None:
    described = world.client.get("/openapi.json").json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            given = {name for one in operation.get("security", ()) for name in one}
            expected = set() if operation["x-action"] == "public" else {"sign-in", "token"}
            assert given == expected, f"{method} {path}"
    schemes = described["components"]["securitySchemes"]
    one, form = world.sign_ins["educator"], {"grant_type": "password"}
    form |= {"username": one["username"], "password": one["password"]}
    address = schemes["sign-in"]["flows"]["password"]["tokenUrl"]
    page = {"Authorization": "Basic Og=="}  # what the page adds of its own
    token = world.client.post(address, data=form, headers=page).json()["access_token"]
    assert world.with_token(token)("GET", "/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, True),
        ({"api_pages": False}, False),
        ({"host": "10.1.2.3"}, False),
        ({"host": "10.1.2.3", "api_pages": True}, True),
    ],
)
def test_what_is_reachable_describes_itself_to_nobody_unless_told_to(
    given: dict[str, Any], shown: bool
) -> None:
    client = TestClient(build(Settings(trusted_hosts=["testserver"], **given)))
    missing = client.get("/nowhere")
    for path in ("/docs", "/openapi.json", "/docs/static/docs.js"):
        answer = client.get(path)
        assert answer.status_code == (200 if shown else 404), path
        if not shown:
            assert answer.json() | {"request_id": ""} == missing.json() | {"request_id": ""}
    for path in ("/redoc", "/docs/oauth2-redirect"):
        assert client.get(path).status_code == 404
    assert client.options("/v1/users").headers["allow"] == "GET, HEAD, OPTIONS, POST"
