#!/bin/sh
# Make what compose.yaml keeps secret, in docker/secrets: a certificate authority, the broker's certificate, and a
# random password for everybody. What is there already stays as it is; what was deleted is made again, with what hangs
# on it. The list of who may do what follows mosquitto.acl.
#   docker/make-secrets.sh             the trainer keeps what it knows in an SQLite file
#   docker/make-secrets.sh postgres    in PostgreSQL, from now on; start it with --profile postgres
set -eu
case "$*" in '' | postgres) ;; *) echo "What is '$*'? Please type:   $0 [postgres]" >&2; exit 2 ;; esac
umask 077
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/secrets"
cd "$here/secrets"
broker_uid=1883 # the broker's user in compose.yaml
broker_image=eclipse-mosquitto:2
days=3650
host=$(uname -n)
scratch=$(mktemp -d "$PWD/.new.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

# Everything is made aside, for nobody else to read, and moved here when it is complete.
keep() {
    mv "$scratch/$1" "$1"
    echo "made $1"
}

publish() {
    chmod 0644 "$scratch/$1"
    keep "$1"
}

in_broker_image() {
    docker run --rm --user 0 --network none --volume "$scratch:/new" --entrypoint "$1" "$broker_image" "$2" "$3"
}

have_docker() { docker info >/dev/null 2>&1; }

# The broker is the only one to read these; newer ones complain of files that others can read.
keep_for_broker() {
    if [ "$(id -u)" = 0 ]; then
        chown "$broker_uid:$broker_uid" "$scratch/$1"
    elif have_docker; then
        in_broker_image chown "$broker_uid:$broker_uid" "/new/$1"
    else
        echo "Please type:   sudo chown $broker_uid:$broker_uid '$PWD/$1'" >&2
    fi
    keep "$1"
}

make_authority() {
    cat >"$scratch/config" <<END
[req]
prompt = no
distinguished_name = name
x509_extensions = authority
[name]
CN = safu of $host
[authority]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days "$days" \
        -config "$scratch/config" -keyout "$scratch/ca.key" -out "$scratch/ca.crt" 2>"$scratch/log" ||
        { cat "$scratch/log" >&2; exit 1; }
    rm -f server.crt
    keep ca.key
    publish ca.crt
}

make_certificate() {
    cat >"$scratch/config" <<END
[req]
prompt = no
distinguished_name = name
[name]
CN = mosquitto
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:mosquitto, DNS:localhost, DNS:$host, DNS:$host.local, IP:127.0.0.1
END
    { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 \
        -config "$scratch/config" -keyout "$scratch/server.key" -out "$scratch/request" &&
        openssl x509 -req -in "$scratch/request" -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" \
            -sha256 -days "$days" -extfile "$scratch/config" -extensions server -out "$scratch/server.crt"
    } 2>"$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
    keep_for_broker server.key
    publish server.crt
}

make_password() {
    case $1 in
        postgres) echo "POSTGRES_PASSWORD=$(openssl rand -hex 24)" ;;
        *) printf 'SAFU_BROKER_USER=%s\nSAFU_BROKER_PASSWORD=%s\n' "$1" "$(openssl rand -hex 24)" ;;
    esac >"$scratch/$1.env"
    [ "$1" = postgres ] || rm -f passwords
    keep "$1.env"
}

# What the broker knows: salted hashes. The passwords go through a file, because others can read a command line.
make_password_file() {
    for user in device trainer homeassistant; do
        echo "$user:$(sed -n 's/^SAFU_BROKER_PASSWORD=//p' "$user.env")"
    done >"$scratch/passwords"
    if command -v mosquitto_passwd >/dev/null; then
        mosquitto_passwd -U "$scratch/passwords"
    elif have_docker; then
        in_broker_image mosquitto_passwd -U /new/passwords
    else
        echo "Neither docker nor mosquitto_passwd is here. Please type:   sudo apt-get install mosquitto" >&2
        exit 1
    fi
    keep_for_broker passwords
}

# Where the trainer keeps what it knows: empty for its own file.
make_database() {
    if [ "$1" = postgres ] || [ -s database.env ]; then
        password=$(sed -n 's/^POSTGRES_PASSWORD=//p' postgres.env)
        echo "SAFU_TRAINER_DATABASE=postgresql://safu:$password@postgres/safu"
    fi >"$scratch/database.env"
    cmp -s "$scratch/database.env" database.env || keep database.env
}

[ -e ca.crt ] || make_authority
[ -e server.crt ] || make_certificate
for user in device trainer homeassistant postgres; do
    [ -e "$user.env" ] || make_password "$user"
done
[ -e passwords ] || make_password_file
make_database "${1-}"
if ! cmp -s "$here/mosquitto.acl" acl; then
    cp "$here/mosquitto.acl" "$scratch/acl"
    chmod 0600 "$scratch/acl"
    keep_for_broker acl
fi

cat <<END
All secrets are in $PWD; keep ca.key to yourself.
Home Assistant, Zigbee2MQTT and the like: $host, port 8883, TLS with ca.crt, user and password in homeassistant.env.
Next:   docker compose -f $here/compose.yaml$([ ! -s database.env ] || echo " --profile postgres") up --detach
END
