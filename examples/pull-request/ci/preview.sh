#!/usr/bin/env bash
# First job on any build server: previews a stack into report.json. Give it the secrets of a preview, and no right to write.
#   ci/preview.sh STACK
set -euo pipefail

npm ci
code=0
npx --no-install ica-bench preview --stack "$1" --format json --output report.json || code=$?
case $code in
  # 2: changes. 3: dangers. Both are for the reviewer to judge.
  0 | 2 | 3) ;;
  *) exit "$code" ;;
esac
