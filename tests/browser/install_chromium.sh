#!/usr/bin/env bash
# Makes sure that the browser tests find a Chromium.  Usage: install_chromium.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1

found() { "$python" -m tests.browser.chromium; }

found >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  echo "installing Chromium for the browser tests"
  export DEBIAN_FRONTEND=noninteractive
  if "${as_root[@]}" apt-get update -qq; then
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null || true
  fi
fi
found >/dev/null 2>&1 || "$python" -m playwright install chromium || true
found >/dev/null || {
  echo "The browser tests need Chromium: install it, or name one with CLT_LAB_CHROMIUM=/path/to/chromium" >&2
  exit 2
}
