"""Each test begins with a log in which the demo stands already."""

from tests.safeguards.audit.growing import fresh as fresh
