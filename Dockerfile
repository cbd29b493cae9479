# Casework in a container: no root, and a root file system that may be read-only.
# Pinned by tag, for no registry could be asked for a digest; add `@sha256:...` where you build.
FROM python:3.11-slim-bookworm AS build
COPY requirements/runtime.lock /build/runtime.lock
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r /build/runtime.lock
COPY app /opt/casework/app
COPY migrations /opt/casework/migrations
RUN printf '#!/bin/sh\nexec python -c "from app.cli.start import main; main()" "$@"\n' > /opt/venv/bin/casework \
    && chmod 0755 /opt/venv/bin/casework \
    && python -m compileall -q /opt/casework/app \
    && install -d -m 0700 /state

FROM python:3.11-slim-bookworm
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/casework /opt/casework
# All that changes: the SQLite file where there is one, and the keys. An anonymous volume would
# lose them with the container, so none is declared: mount one here.
COPY --from=build --chown=10001:10001 /state /var/lib/casework
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/casework \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CASEWORK_HOST=0.0.0.0 \
    CASEWORK_PORT=8000 \
    CASEWORK_DATABASE_URL=sqlite:////var/lib/casework/casework.db \
    CASEWORK_DATABASE_KEY_FILE=/var/lib/casework/casework.key \
    CASEWORK_MASTER_KEY_FILE=/var/lib/casework/master.key \
    CASEWORK_LOG_KEY_FILE=/var/lib/casework/log.key \
    CASEWORK_LOG_CHECKPOINT_FILE=/var/lib/casework/log.checkpoint \
    CASEWORK_SINK=/var/lib/casework/log.sink \
    CASEWORK_ERASURE_LIST_FILE=/var/lib/casework/erasures.list
USER 10001:10001
WORKDIR /var/lib/casework
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; e = os.environ; u.urlopen(u.Request(f\"http://127.0.0.1:{e['CASEWORK_PORT']}/healthz\", headers={'Host': e.get('CASEWORK_TRUSTED_HOSTS', 'localhost').split(',')[0]}), timeout=4)"]
ENTRYPOINT ["casework"]
CMD ["run", "--no-demo"]
