"""Pure: how two versions of a record differ, leaf by leaf (JSON pointer, RFC 6901).

In the order given, the changes make the second version of the first one (`op` as in RFC 6902).
Those of a list begin at its end, so that each pointer is a place in the list as it was.
"""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from app.core.values import canonical

UNTOLD = {"updated_at", "version"}  # every change changes them
Change = dict[str, Any]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Each with `op` (add, remove or replace), `pointer`, and the values `from` and `to`.

    Null stands for what is not there, and is there only where it is within a value: a field of a
    record that is null has none.
    """
    return list(differing(said(before), said(after), ""))


def said(record: Mapping[str, Any]) -> dict[str, Any]:
    return {n: value for n, value in record.items() if value is not None and n not in UNTOLD}


def differing(before: Any, after: Any, pointer: str) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from in_object(before, after, pointer)
    elif isinstance(before, list) and isinstance(after, list):
        yield from in_list(before, after, pointer)
    elif type(before) is not type(after) or before != after:  # true is not 1
        yield change("replace", pointer, before, after)


def in_object(
    before: Mapping[str, Any], after: Mapping[str, Any], pointer: str
) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        place = f"{pointer}/{step(name)}"
        if name not in after:
            yield change("remove", place, before[name], None)
        elif name not in before:
            yield change("add", place, None, after[name])
        else:
            yield from differing(before[name], after[name], place)


def in_list(before: list[Any], after: list[Any], pointer: str) -> Iterator[Change]:
    """What stays is found first, so that what stood behind a removed element has not changed."""
    was, now = [canonical(one) for one in before], [canonical(one) for one in after]
    stretches = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    for _, start, end, first, last in reversed(stretches):
        both = min(end - start, last - first)
        for place in reversed(range(start + both, end)):
            yield change("remove", f"{pointer}/{place}", before[place], None)
        for more, value in enumerate(after[first + both : last], start + both):
            yield change("add", f"{pointer}/{more}", None, value)
        for place, value in reversed([*enumerate(after[first : first + both], start)]):
            yield from differing(before[place], value, f"{pointer}/{place}")


def change(op: str, pointer: str, before: Any, after: Any) -> Change:
    return {"op": op, "pointer": pointer, "from": before, "to": after}


def step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
