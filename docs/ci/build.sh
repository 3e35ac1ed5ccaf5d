#!/bin/sh
# Tells the console how the build of $VERSION of $PRODUCT ended, also when it failed; what was cancelled is not told.
# Needs curl; CONSOLE_URL, CONSOLE_TOKEN (scope releases), PRODUCT, VERSION, STATUS as CI has it, and optionally COMMIT and URL.
set -eu
case $STATUS in
success) status=succeeded ;;
failure | failed) status=failed ;;
*) exit 0 ;;
esac

try="${GITHUB_RUN_ID:-${CI_JOB_ID:-$$}}-${GITHUB_RUN_ATTEMPT:-1}"
body=$(printf '{"version": "%s", "commit": "%s", "status": "%s", "url": "%s"}' "$VERSION" "${COMMIT:-}" "$status" "${URL:-}")
curl --silent --show-error --fail-with-body --output /dev/null --header "Authorization: Bearer $CONSOLE_TOKEN" \
    --header "Idempotency-Key: build-$PRODUCT-$VERSION-$try" --json "$body" "$CONSOLE_URL/api/v1/products/$PRODUCT/builds"
