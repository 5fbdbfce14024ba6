#!/usr/bin/env bash
# Makes a virtual environment from a lock file, with what the system lacks for it: Tk, and Xvfb for the tests.
#   tools/set_up.sh FOLDER LOCK_FILE [xvfb]
# The second time there is nothing to do, and it says nothing.  PYTHON=/path/to/python chooses the Python.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 lock=$2 xvfb=${3:-}

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# Tk 8.6 for the window, and what venv needs; Debian splits both off Python.
usable() {
    "$1" -I -c 'import sys; assert (3, 10) <= sys.version_info < (3, 14)
import ensurepip, tkinter, venv; assert tkinter.TkVersion >= 8.6' >/dev/null 2>&1
}

find_python() {
    local python
    for python in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.10 \
        /usr/bin/python3 /usr/bin/python3.1[0-3] /usr/local/bin/python3.1[0-3] /opt/homebrew/bin/python3.1[0-3] \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[0-3].*/bin/python; do
        if has "$python" && usable "$python"; then
            # The real program: a pyenv shim would stand for another version elsewhere.
            "$python" -I -c 'import sys; print(sys.executable)'
            return
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif has sudo; then sudo "$@"
    else fail "This needs the administrator's rights. Ask for: $*"
    fi
}

# The same packages by their names for apt-get, dnf, pacman and brew; "-" where the system has it already.
install_packages() {
    local apt=$1 dnf=$2 pacman=$3 brew=$4
    say "Installing what the system lacks with its own package manager:"
    if has apt-get; then
        say "  apt-get install $apt"
        as_root apt-get update -qq
        # shellcheck disable=SC2086  # several packages
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $apt >/dev/null
    elif has dnf; then
        say "  dnf install $dnf"
        # shellcheck disable=SC2086
        as_root dnf install -q -y $dnf
    elif has pacman; then
        say "  pacman -S $pacman"
        # shellcheck disable=SC2086
        as_root pacman -S --needed --noconfirm $pacman
    elif has brew && [ "$brew" != - ]; then
        say "  brew install $brew"
        # shellcheck disable=SC2086
        brew install -q $brew
    else
        return 1
    fi
}

check_machine() {
    case "$(uname -s)-$(uname -m)" in
        Darwin-x86_64) fail "Shelterlens needs a Mac with an Apple processor: its runtime is not made for Intel Macs." ;;
    esac
}

make_environment() {
    local python
    if ! python=$(find_python); then
        install_packages "python3 python3-tk python3-venv" "python3.13 python3-tkinter" "python tk" \
            "python@3.13 python-tk@3.13" || true
        python=$(find_python) || fail "Shelterlens needs Python 3.10, 3.11, 3.12 or 3.13 with Tk, and found none." \
            "Install one, and run this again with PYTHON=/path/to/python in front."
    fi
    say "Making $folder with $("$python" -V) ($python)"
    rm -rf "$folder"
    "$python" -m venv "$folder"
}

# One line a package, so that a newcomer sees that something happens.
install_lock() {
    local total line
    total=$(grep -c '==' "$lock")
    say "Installing the packages of $lock (up to $total; the first time this takes some minutes)"
    "$folder/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off \
        --only-binary :all: --require-hashes -r "$lock" | while IFS= read -r line; do
        case "$line" in
            *Downloading*.whl*\(*\)) line=${line##*/}; say "  ${line#*Downloading }" ;;
            Installing\ collected*) say "  unpacking" ;;
        esac
    done
    cp "$lock" "$folder/installed.lock"
}

is_ready() { cmp -s "$lock" "$folder/installed.lock" && usable "$folder/bin/python"; }

is_ready || {
    check_machine
    usable "$folder/bin/python" || make_environment
    install_lock
    say "Done: $folder is ready."
}
if [ "$xvfb" = xvfb ] && [ "$(uname -s)" = Linux ] && ! has xvfb-run; then
    install_packages "xvfb xauth" "xorg-x11-server-Xvfb" "xorg-server-xvfb" - || fail "Install Xvfb, for the window's tests."
fi
