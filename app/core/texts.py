"""What no text may hold: signs that nobody sees, and that show another text than the one kept."""

import re

# Overrides and isolates of direction; the marks U+200E, U+200F and U+061C stay, for prose in
# Arabic and Thaana needs them beside numbers. Of controls, tabs and ends of lines stay.
REVERSING = "\u202a-\u202e\u2066-\u2069"
CONTROLS = "\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
UNSEEN = re.compile(f"[{REVERSING}]|[{CONTROLS}]")
# The same for the OpenAPI file, in the signs that every language's expressions know.
READABLE = "^[^{}]*$".format(
    re.sub(r"[^-]", lambda sign: f"\\u{ord(sign[0]):04x}", CONTROLS + REVERSING)
)
FAULTS = {
    "bidi-control": "has a character that changes the direction of writing",
    "control-character": "has a control character",
}


def fault_in(text: str) -> str | None:
    """The code of what is wrong with a text, or None."""
    found = UNSEEN.search(text)
    if found is None:
        return None
    return "bidi-control" if found[0] >= "\u202a" else "control-character"
