#!/usr/bin/env bash
# Second job on any build server: comments on a pull request of GitHub with the report.json of the first job. It needs
# GITHUB_TOKEN and nothing else: run it without a checkout, in an empty folder with report.json.
#   ci/comment.sh OWNER/REPOSITORY PULL_REQUEST
set -euo pipefail

# A folder of its own, without an .npmrc of the pull request.
program=$(mktemp -d)
npm install --prefix "$program" --ignore-scripts --omit=peer --omit=optional pulumi-ica@0.1.0
"$program/node_modules/.bin/ica-bench" comment --provider github --repo "$1" --pr "$2" --file report.json
