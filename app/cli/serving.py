"""Serves an application on its address, until it is told to stop."""

from typing import Any

import uvicorn

from app.core.descriptors import BURST, room_for
from app.core.settings import Settings
from app.core.wire import wire


def serve(app: Any, settings: Settings) -> None:
    uvicorn.run(
        app,
        http=wire(
            settings.head_seconds,
            settings.max_upload_bytes,
            settings.body_seconds,
            room_for(settings.max_connections),
        ),
        ws="none",  # who upgrades would pass by the wire and the edge
        backlog=BURST,
        host=settings.host,
        port=settings.port,
        log_config=None,  # ours holds
        access_log=False,  # it would print query strings
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),  # else anybody could name an address
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
    )
