"""The roles, by their titles and by what the policy lets each of them reach."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.datafile import DataFile, load
from app.safeguards.access.policy import POLICY, ROLES

LANGUAGES = ("en", "ru")  # every role has a title in these


def read(file: DataFile) -> Mapping[str, Mapping[str, str]]:
    """Role → language → title."""
    for role, titles in file.data.items():
        if role not in ROLES:
            raise file.fault(f"no role is called {role!r}", role)
        for language in LANGUAGES:
            if not isinstance(titles.get(language), str) or not titles[language].strip():
                raise file.fault(f"{role} has no title in {language}", role)
    for role in ROLES:
        if role not in file.data:
            raise file.fault(f"{role} has no titles")
    return file.data


TITLES = read(load(Path(__file__).with_name("roles.toml")))


def described(role: str, language: str) -> dict[str, Any]:
    titles = TITLES[role]
    return {
        "code": role,
        "title": titles.get(language, titles["en"]),
        "titles": dict(titles),
        "reaches": [
            {"record_class": name, "reach": reach.value, "rights": letters}
            for name, roles in POLICY.classes.items()
            for reach, letters in roles.get(role, {}).items()
        ],
    }
