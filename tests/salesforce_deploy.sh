#!/usr/bin/env bash
# `infra/salesforce/deploy` against a stand-in for the Salesforce CLI, whose REST calls go on to the Salesforce simulator, and
# against the real function `settings`. Arguments are for `node --test`.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/local_stack.sh

STAND_IN_MANIFESTS=$PWD/target/tools/sf-manifests
node infra/salesforce/tests/stand_in/fetch_manifests.mjs "$STAND_IN_MANIFESTS"
start_local_stack --no-demo
SETTINGS_API=http://127.0.0.1:$PORT
SALESFORCE_SIMULATOR=http://127.0.0.1:$((PORT + 1))
export STAND_IN_MANIFESTS SETTINGS_API SALESFORCE_SIMULATOR
node --test --test-reporter=spec "$@" infra/salesforce/tests/*.test.mjs
stop_local_stack
