#!/bin/sh
# Make the virtual environment $1 and install what it needs. Debian packages are installed when root, else named.
set -eu
venv=$1
python=${PYTHON:-python3.11}

missing=""
need() { dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed' || missing="$missing $1"; }
need libportaudio2          # the microphone, through sounddevice
need mosquitto              # the real broker of the tests and benchmarks
need gcc                    # the firmware on this machine, and the plugin that counts instructions
need libc6-dev
need clang                  # a second opinion on the C, and fuzzing
need libclang-rt-14-dev     # with sanitisers and libFuzzer
need gcc-arm-none-eabi      # firmwares for Cortex-M and RISC-V, without any C library,
need gcc-riscv64-unknown-elf
need qemu-system-arm        # and what they run in
need qemu-system-misc
"$python" -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"

if [ -n "$missing" ] && command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        echo "Installing Debian packages:$missing"
        apt-get update -qq
        # shellcheck disable=SC2086  # one word a package
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        echo "These Debian packages are missing:$missing" >&2
        echo "Please type:   sudo apt-get install$missing" >&2
        echo "(Without libportaudio2 there is no microphone, without the others some tests skip. Going on.)" >&2
    fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "Installing Python packages into $venv (a few minutes the first time) ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade pip
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[demo,vosk,bridge,onnx,litert,trainer,postgres,dev]'
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[peers]' ||
    echo "Sentence embeddings (the extra 'peers') cannot be installed here; the benchmark of intents goes without." >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[micro-peers]' ||
    echo "emlearn and tflite-micro cannot be installed here; the benchmark of firmwares goes without." >&2

# tflite-runtime needs numpy < 2, so it has an environment of its own; a test runs our files in it.
[ -x "$venv-tflite/bin/python" ] || "$python" -m venv "$venv-tflite"
"$venv-tflite/bin/python" -m pip install --quiet --disable-pip-version-check 'tflite-runtime==2.14.*' 'numpy<2' ||
    echo "tflite-runtime cannot be installed here; the test that runs our files in it is skipped." >&2
