#!/usr/bin/env bash
# The browser tests, which start a local stack of their own; arguments are for Playwright.
set -euo pipefail
cd "$(dirname "$0")/browser"

PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent
npm run --silent check
npm test --silent -- "$@"
