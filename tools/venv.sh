#!/bin/sh
# Makes .venv with the first Python on PATH that is new enough; says in one sentence what is missing where it cannot.
set -eu

say() {
    printf 'spendable: %s\n' "$1" >&2
}

if [ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null; then
    exit 0
fi

python=
for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    say 'Python 3.11 or newer is needed: install the package python3, or name one with "make PYTHON=/path/to/python3".'
    exit 1
fi
# Debian and Ubuntu ship Python without ensurepip; without it "python3 -m venv" leaves half an environment behind.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    say "$python cannot make virtual environments here: install the package python3-venv, then run make again."
    exit 1
fi
"$python" -m venv --clear .venv
