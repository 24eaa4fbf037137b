#!/usr/bin/env bash
# What Flagger's tester runs: `gate.sh confirm VERSION` succeeds for GO, `gate.sh rollback VERSION` for NO-GO alone.
# One run answers both: the answer for a version stays for ten minutes, but for one that a further run may change. Flagger
# asks each minute; who deploys the same version later is judged by a run of its own.
set -eu
cd "$(dirname "$0")/../.."
version=$2
folder="${REPORTS:-/tmp/reports}/$version"
mkdir -p "$folder"
next=$(find "$folder" -maxdepth 1 -name next -mmin -10 -exec cat {} +)
if [ "$1" = rollback ]; then
  [ "$next" = roll-back ]
  exit
fi
if [ "$next" != go-on ] && [ "$next" != roll-back ]; then
  code=0
  .venv/bin/python -m pytest --env="$ENVIRONMENT" --reports="$folder" --canary-header='X-Canary: always' \
    --expect-version="$version" --wait=60 -p no:cacheprovider || code=$?
  case "$code" in
    0) next=go-on ;;
    1) next=roll-back ;;
    10) next=ask-a-human ;;
    11) next=look-at-the-deployment ;;
    *) next=mend-the-pipeline ;;
  esac
  echo "$next" > "$folder/next"
fi
[ "$next" = go-on ]
