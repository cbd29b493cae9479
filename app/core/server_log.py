"""What PostgreSQL's own log would tell: a server that writes down what is bound is refused.

Statements carry no values, for all are bound; so it is enough to keep what is bound out of the log.
Tried on 15 and 18: a plain role may set `log_parameter_max_length_on_error` and the `debug_print`
family, and every session of ours does. The rest belongs to superusers, who can set it for our role
alone (docs/operate.md).

With the server's defaults nothing bound is logged, except in the DETAIL of an error, where a clash
shows the key and a failed check the whole row, and in its CONTEXT, where a document of many rows
that cannot be read shows a piece of itself. Only `log_error_verbosity = terse` keeps that out.
Refusing the default would refuse most servers, and rules of ours come before those of the database,
so that such an error is a rare defect: it is a warning at each start.
"""

import logging

from sqlalchemy import Connection, text

# What a session may say for itself. The printed trees hold what is bound as constants.
SESSION = {
    "log_parameter_max_length_on_error": "0",
    **dict.fromkeys(("debug_print_parse", "debug_print_rewritten", "debug_print_plan"), "off"),
}
# Setting → the values with which no statement of ours is logged with what is bound to it.
QUIET = {
    "log_statement": {"none", "ddl"},
    "log_min_duration_statement": {"-1"},
    "log_min_duration_sample": {"-1"},
    "log_transaction_sample_rate": {"0"},
}
# Of extensions, where they are loaded; a plan shows what is bound as constants.
NEVER = {
    "log_parameter_max_length_on_error": {"0"},
    "auto_explain.log_min_duration": {"-1"},
    "pgaudit.log_parameter": {"off"},
}
ASKED = (*QUIET, *NEVER, "log_parameter_max_length", "log_error_verbosity")
log = logging.getLogger("casework.database")


def loud_setting(connection: Connection) -> str | None:
    """A setting by which personal data would reach the server's log, and its value."""
    query = text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)")
    found = {name: value for name, value in connection.execute(query, {"names": list(ASKED)})}
    bad = {name for name, fine in NEVER.items() if found.get(name, min(fine)) not in fine}
    if found["log_parameter_max_length"] != "0":
        bad |= {name for name, fine in QUIET.items() if found[name] not in fine}
    if bad:
        name = min(bad)
        return f"{name} is {found[name]}"
    if found["log_error_verbosity"] != "terse":
        log.warning("errors in the server log show rows", extra={"setting": "log_error_verbosity"})
    return None
