"""Serves the Casework of a tree as `casework run` does, without its demo."""

import sys

import uvicorn

from app.core.settings import Settings
from app.main import create_app
from bench import unaudited

if __name__ == "__main__":
    port, mode = int(sys.argv[1]), sys.argv[2]
    if mode == "unaudited":
        unaudited.apply()
    settings = Settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=port,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
    )
