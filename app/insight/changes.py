"""Pure: how two versions of a record differ, leaf by leaf (JSON pointer, RFC 6901)."""

from typing import Any

UNTOLD = {"updated_at", "version"}  # every change changes them


def changes(before: Any, after: Any, pointer: str = "") -> list[dict[str, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        found = []
        for name in sorted({*before, *after} - (UNTOLD if not pointer else set())):
            step = name.replace("~", "~0").replace("/", "~1")
            found += changes(before.get(name), after.get(name), f"{pointer}/{step}")
        return found
    return [] if before == after else [{"pointer": pointer, "from": before, "to": after}]
