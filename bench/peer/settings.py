"""Of the peer: one database with persistent connections, no middleware it has no use for."""

import os
from urllib.parse import urlsplit

at = urlsplit(os.environ["BENCH_DATABASE_URL"])
SECRET_KEY = "bench"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.peer.api"
INSTALLED_APPS = ["bench.peer"]
MIDDLEWARE: list[str] = []
USE_TZ = True
DEBUG = False
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": at.path.strip("/"),
        "USER": at.username,
        "HOST": at.hostname,
        "PORT": at.port,
        "CONN_MAX_AGE": None,
    }
}
