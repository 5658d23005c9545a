# Stands in for eclipse-mosquitto:2 in test_containers.py where no registry of images can be reached: same program,
# same folders, Debian's package.
FROM localhost/safu-base:bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends mosquitto mosquitto-clients \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=1883 --group=1883 /mosquitto /mosquitto/config /mosquitto/data
CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]
