"""Pure: of which class a proceeding is, what its docket opens, and who may be entered."""

from collections.abc import Mapping

ADULT, CHILD, CIVIL = "docket", "child_docket", "civil_documents"
# The class of an entry of the docket → the classes that it opens to who is entered.
OPENS: Mapping[str, tuple[str, ...]] = {
    ADULT: (ADULT, "justice", "security", "alert_detention"),
    CHILD: (CHILD, "child_justice", "alert_detention"),
    CIVIL: (CIVIL,),
}
CRIMINAL = ("criminal", "child_justice")
STATES = ("open", "suspended", "appealed", "closed")
MANDATED = ("prosecutor", "defence_lawyer", "legal_officer")


def class_of(kind: str, child: bool) -> str:
    """`child`: by the day of the act. Whoever may have been under age has a docket of their own."""
    if kind not in CRIMINAL:
        return CIVIL
    return CHILD if child or kind == "child_justice" else ADULT


def may_follow(state: str, to: str) -> bool:
    """A proceeding that is closed is taken up again by an appeal alone."""
    return to == "appealed" if state == "closed" else to != state


def fault_of(role: str, record_class: str, juvenile: bool) -> tuple[str, str, str] | None:
    """Pointer, code and words of what keeps somebody from being entered, or None."""
    if role not in MANDATED:
        return (
            "/user_id",
            "no-party",
            "a prosecutor, a defence lawyer or a legal officer is entered",
        )
    if role == "prosecutor" and record_class == CIVIL:
        return "/user_id", "no-party", "no prosecutor is entered in a civil matter"
    if role == "prosecutor" and record_class == CHILD and not juvenile:
        return "/juvenile", "not-juvenile", "a specialised juvenile prosecutor acts here"
    return None
