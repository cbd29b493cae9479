"""Which of the languages on offer a reader understands best (RFC 9110 §12.5.4)."""

from collections.abc import Collection, Iterator


def preferred(header: str | None, offered: Collection[str], otherwise: str = "en") -> str:
    """Of an Accept-Language header; a language is offered by its primary subtag alone."""
    for wish in wishes(header):
        tag = wish.split("-")[0]
        if tag in offered or tag == "*":
            return tag if tag in offered else otherwise
    return otherwise


def matched(header: str | None, offered: Collection[str]) -> str | None:
    """Of an Accept-Language header, where scripts and countries matter; None where none fits.

    Each wish is looked up as it is, then shorter (RFC 4647 §3.4), then as the beginning of a tag.
    """
    for wish in wishes(header):
        if found := looked_up(wish, offered):
            return found
        for tag in sorted(offered):
            if wish == "*" or tag.lower().startswith(f"{wish}-"):
                return tag
    return None


def looked_up(tag: str, offered: Collection[str]) -> str | None:
    """A language as it is, else the nearest more general one (RFC 4647 §3.4); never a narrower."""
    tags = {one.lower(): one for one in offered}
    parts = tag.lower().split("-")
    shorter = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((tags[one] for one in shorter if one in tags), None)


def wishes(header: str | None) -> Iterator[str]:
    """The languages of a header in lower case, the most wanted first, none that is unwanted."""
    found = []
    for place, part in enumerate((header or "").split(",")[:20]):
        tag, _, quality = part.strip().partition(";")
        found.append((-weight_of(quality), place, tag.strip().lower()))
    return (tag for weight, _, tag in sorted(found) if weight < 0)


def weight_of(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
