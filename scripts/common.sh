# shellcheck shell=bash
# What scripts/lab, scripts/test and scripts/lock share; sourced, never run. Needs bash and the working folder at the
# top of the clone.
#
#   say TEXT…                 one line of progress, on standard error
#   fail TEXT…                an error for a person; exit code 2
#   require_machine           Linux with apt and a Python that the package supports; sets PYTHON
#   require_packages NAME…    Debian packages that are missing are installed (sudo where needed)
#   require_uv                sets UV: the pinned installer, kept in the cache folder
#   require_venv LOCK…        .venv with requirements/LOCK.txt of each name, and the package itself, editable
#
# Set before, or by the environment: GP_CACHE (the one cache folder), GP_FRESH=true (nothing is taken from it),
# GP_VENV (the environment's folder).

GP_ROOT=$PWD
GP_CACHE=${GP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/groundplane}
GP_FRESH=${GP_FRESH:-false}
GP_VENV=${GP_VENV:-$GP_ROOT/.venv}
PYTHON='' UV=''

if [[ -t 2 && -z ${NO_COLOR-} ]]; then
  GP_BOLD=$'\e[1m' GP_RED=$'\e[31m' GP_PLAIN=$'\e[0m'
else
  GP_BOLD='' GP_RED='' GP_PLAIN=''
fi

say() { printf '%s\n' "${GP_BOLD}==>${GP_PLAIN} $*" >&2; }
fail() {
  printf '%s\n' "${GP_RED}Error:${GP_PLAIN} $*" >&2
  exit 2
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "'$*' needs root, and there is no sudo here. Install sudo, or run this as root."
  fi
}

# The newest that fits, the distribution's own first: a venv outlives a Python that a version manager swaps away.
require_machine() {
  [[ -n $PYTHON ]] && return
  [[ $(uname -s) = Linux ]] || fail "This runs on Linux; this machine is $(uname -s)."
  command -v apt-get >/dev/null || fail "This installs what it needs with apt-get, and there is none here. Use Debian 12 or 13."
  local name
  for name in /usr/bin/python3 python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null &&
      "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      PYTHON=$(command -v "$name")
      return
    fi
  done
  if [[ ! -x /usr/bin/python3 ]]; then
    require_packages python3
    require_machine
    return
  fi
  fail "There is no Python 3.11, 3.12 or 3.13 here ($(/usr/bin/python3 --version)). Use Debian 12 or 13."
}

require_packages() {
  local name missing=()
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) = installed ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  say "Installing with apt: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
      install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt could not install: ${missing[*]}"
  fi
  rm -f "$log"
}

require_uv() {
  [[ -n $UV ]] && return
  require_machine
  require_packages python3-venv ca-certificates
  local digest='' folder
  # Only scripts/lock may meet a clone without its locks.
  [[ ! -f requirements/uv.txt ]] || digest=$(sha256sum requirements/uv.txt | cut -c1-12)
  folder=$GP_CACHE/tools/uv-${digest:-unlocked}
  export UV_CACHE_DIR=$GP_CACHE/uv UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
  if [[ $GP_FRESH = true || ! -x $folder/bin/uv ]]; then
    say "Installing uv into $folder"
    mkdir -p "$GP_CACHE/tools"
    local work
    work=$(mktemp -d "$GP_CACHE/tools/new.XXXXXX")
    "$PYTHON" -m venv --clear "$work"
    local source=(--require-hashes -r requirements/uv.txt)
    [[ -n $digest ]] || source=(-r requirements/uv.in)
    "$work/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "${source[@]}" </dev/null ||
      fail "uv could not be installed; is the package index that pip is configured for reachable?"
    # The binary stands alone; renamed whole, so that a second script at the same time meets all of it or nothing.
    rm -rf "$folder"
    mv -T "$work" "$folder" 2>/dev/null || rm -rf "$work"
  fi
  UV=$folder/bin/uv
}

require_venv() {
  require_uv
  local name wanted=() stamp stamps=$GP_VENV/.groundplane files=()
  if [[ -x $GP_VENV/bin/python ]] &&
    ! "$GP_VENV/bin/python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    say "$GP_VENV has a Python that doesn't fit or is gone; making it anew"
    rm -rf "$GP_VENV"
  fi
  [[ -x $GP_VENV/bin/python ]] || "$UV" venv --quiet --python "$PYTHON" --prompt groundplane "$GP_VENV"
  mkdir -p "$stamps"
  for name in "$@"; do
    stamp=$(sha256sum "requirements/$name.txt" | cut -d' ' -f1)
    if [[ $(cat "$stamps/$name" 2>/dev/null) != "$stamp" ]]; then
      wanted+=("$name=$stamp")
      files+=(-r "requirements/$name.txt")
    fi
  done
  local fresh=()
  [[ $GP_FRESH = true ]] && fresh=(--no-cache)
  if ((${#wanted[@]})); then
    say "Installing the locked requirements: ${wanted[*]%%=*}"
    "$UV" pip install --quiet "${fresh[@]}" --python "$GP_VENV/bin/python" --require-hashes "${files[@]}" </dev/null
    for name in "${wanted[@]}"; do printf '%s\n' "${name#*=}" >"$stamps/${name%%=*}"; done
  fi
  stamp=$(printf '%s %s' "$GP_ROOT" "$(sha256sum <pyproject.toml)" | sha256sum)
  if [[ $(cat "$stamps/package" 2>/dev/null) != "$stamp" ]]; then
    "$UV" pip install --quiet --offline --python "$GP_VENV/bin/python" --no-build-isolation --no-deps --editable . </dev/null
    printf '%s\n' "$stamp" >"$stamps/package"
  fi
}
