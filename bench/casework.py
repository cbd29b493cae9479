"""Serves the Casework of a tree as `casework run` does, without its demo."""

import sys

from app.cli.serving import serve
from app.core.logs import configure
from app.core.settings import Settings
from app.main import create_app
from bench import unaudited

if __name__ == "__main__":
    port, mode = int(sys.argv[1]), sys.argv[2]
    if mode == "unaudited":
        unaudited.apply()
    settings = Settings(port=port)
    configure(settings.log_level)
    serve(create_app(settings), settings)
