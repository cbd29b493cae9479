"""Made-up wording: no instrument's words are here, nor in any test."""

from pathlib import Path
from typing import Any

from app.casework.assessments.scoring.catalogue import catalogue

LICENCE = ("--licence", "made-up permission", "--reference", "T-1", "--by", "A. Tester")


def pack(code: str, language: str = "ru", labels: bool = True, mark: str = "") -> str:
    """A text pack as a file has it, in which each text says which one it is."""
    instrument = catalogue().current(code).instrument
    lines = [
        f'code = "{code}"',
        f"version = {instrument.version}",
        f'language = "{language}"',
        'validation = "translated"',
        'source = "made up for a test"',
        f'instructions = "said first{mark}"',
        "[items]",
        *(f'{number} = "text of item {number}{mark}"' for number in instrument.items),
    ]
    for number, item in instrument.items.items() if labels else ():
        told = ", ".join(f'{value} = "answer {value}"' for value in item.values)
        lines += ["[[answers]]", f'items = ["{number}"]', f"labels = {{ {told} }}"]
    return "\n".join(lines) + "\n"


def written(folder: Path, text: str, name: str = "pack.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def shown(send: Any, code: str, **headers: str) -> Any:
    answer = send("GET", f"/v1/instruments/{code}/1", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()
