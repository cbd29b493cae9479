"""Files that this process may open, of which each connection is one."""

from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit

OTHERS = 200  # the database, logs, and what is read now and then
BURST = 512  # connections that may be taken in before the first of them is refused


def room_for(connections: int) -> int:
    """As many as the system lets us have; the soft limit is for whoever asks to move."""
    soft, hard = getrlimit(RLIMIT_NOFILE)
    wanted = connections + BURST + OTHERS
    if soft != RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == RLIM_INFINITY else min(wanted, hard)
        setrlimit(RLIMIT_NOFILE, (soft, hard))
    return connections if soft == RLIM_INFINITY else min(connections, max(10, soft - OTHERS))
