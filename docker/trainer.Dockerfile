# What trains on a host: `safu-trainer`. From the checkout's root:
#   docker build -f docker/trainer.Dockerfile -t safu-trainer .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
RUN python3 -m venv /opt/safu
# torch without its gigabytes of drivers; empty: from wherever pip gets the rest.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# The libraries come first: a change of our own code does not fetch them anew. The secret is a pip.conf, for those who
# need one. Of torch goes what only those use who extend or test it, 0.2 GB.
COPY pyproject.toml .
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
    extras = p["optional-dependencies"]; \
    print(*p["dependencies"], *extras["trainer"], *extras["postgres"], sep="\n")' > requirements.txt \
    && /opt/safu/bin/pip install --no-cache-dir --disable-pip-version-check \
        ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt \
    && cd /opt/safu/lib/python3*/site-packages/torch && rm -rf include test bin/test_* bin/protoc*
COPY README.md LICENSE ./
COPY device device
COPY trainer trainer
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    /opt/safu/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps . \
    && /opt/safu/bin/pip uninstall --quiet --yes setuptools pip

FROM ${BASE}
LABEL org.opencontainers.image.title="safu trainer" \
      org.opencontainers.image.description="Trains models for safu devices out of their lessons" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10002 --no-create-home --home-dir /var/lib/safu --shell /usr/sbin/nologin safu \
    && install --directory --owner=safu --group=safu --mode=0700 /var/lib/safu
COPY --from=build /opt/safu /opt/safu
# Only the state may be written; all else works on a read-only file system.
ENV PATH=/opt/safu/bin:$PATH HOME=/var/lib/safu STATE_DIRECTORY=/var/lib/safu PYTHONUNBUFFERED=1
VOLUME /var/lib/safu
USER 10002:10002
# Whether the store of lessons and models can be opened; seldom, because it starts a Python.
HEALTHCHECK --interval=5m --timeout=60s --start-period=60s CMD ["safu-trainer", "history"]
ENTRYPOINT ["safu-trainer"]
CMD ["watch"]
