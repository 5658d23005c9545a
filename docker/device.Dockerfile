# What listens: `safu run`. From the checkout's root:
#   docker build -f docker/device.Dockerfile -t safu-device .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
RUN python3 -m venv /opt/safu
# The libraries come first: a change of our own code does not fetch them anew. The secret is a pip.conf, for those who
# need one.
COPY pyproject.toml .
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
    print(*p["dependencies"], *p["optional-dependencies"]["vosk"], sep="\n")' > requirements.txt \
    && /opt/safu/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY README.md LICENSE ./
COPY device device
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    /opt/safu/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps . \
    && rm /opt/safu/bin/safu-trainer \
    && /opt/safu/bin/pip uninstall --quiet --yes setuptools pip

FROM ${BASE}
LABEL org.opencontainers.image.title="safu device" \
      org.opencontainers.image.description="An offline voice switch that learns what you mean from the switch itself" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libportaudio2 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
    && useradd --uid 10001 --no-create-home --home-dir /var/lib/safu --shell /usr/sbin/nologin safu \
    && install --directory --owner=safu --group=safu --mode=0700 /var/lib/safu
COPY --from=build /opt/safu /opt/safu
# Only the state may be written; all else works on a read-only file system.
ENV PATH=/opt/safu/bin:$PATH HOME=/var/lib/safu STATE_DIRECTORY=/var/lib/safu PYTHONUNBUFFERED=1
VOLUME /var/lib/safu
USER 10001:10001
# Whether the journal can be opened. Whether the broker is there, safu/<node>/availability tells the whole house.
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s CMD ["safu", "history", "--limit", "1"]
ENTRYPOINT ["safu"]
CMD ["run"]
