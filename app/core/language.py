"""Which of the languages on offer a reader understands best (RFC 9110 §12.5.4)."""

from collections.abc import Collection


def preferred(header: str | None, offered: Collection[str], otherwise: str = "en") -> str:
    """Of an Accept-Language header; a language is offered by its primary subtag alone."""
    wishes = []
    for place, part in enumerate((header or "").split(",")[:20]):
        tag, _, quality = part.strip().partition(";")
        wishes.append((-weight_of(quality), place, tag.split("-")[0].strip().lower()))
    for weight, _, tag in sorted(wishes):
        if weight < 0 and (tag in offered or tag == "*"):
            return tag if tag in offered else otherwise
    return otherwise


def weight_of(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
