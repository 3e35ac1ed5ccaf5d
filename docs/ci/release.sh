#!/bin/sh
# Registers app.zip as release $VERSION of $PRODUCT, waits until it is ready, promotes it to dev, waits until it is live.
# Needs curl and jq; CONSOLE_URL, CONSOLE_TOKEN, PRODUCT, VERSION, and optionally COMMIT and ENVIRONMENT.
set -eu
api="$CONSOLE_URL/api/v1"
environment=${ENVIRONMENT:-dev}

ask() {
    curl --silent --show-error --fail-with-body --header "Authorization: Bearer $CONSOLE_TOKEN" "$@"
}

# One key per try of the job: what is sent twice is carried out once, and a new try is a new wish.
try="${GITHUB_RUN_ID:-${CI_JOB_ID:-$$}}-${GITHUB_RUN_ATTEMPT:-1}"
ask --header "Idempotency-Key: register-$PRODUCT-$VERSION-$try" \
    --form "version=$VERSION" --form "commit=${COMMIT:-}" --form artifact.any=@app.zip \
    "$api/products/$PRODUCT/releases" >/dev/null

while :; do
    release=$(ask "$api/products/$PRODUCT/releases/$VERSION")
    case $(echo "$release" | jq -r .status) in
    ready) break ;;
    rejected)
        echo "$release" | jq -r '.reasons[] | "\(.path // "the build"): \(.text)"'
        exit 1
        ;;
    esac
    sleep 1
done

body=$(jq -n --arg version "$VERSION" --arg reason "CI, ${COMMIT:-no commit}" '{version: $version, reason: $reason}')
made=$(ask --json "$body" --header "Idempotency-Key: promote-$PRODUCT-$environment-$VERSION-$try" \
    "$api/products/$PRODUCT/environments/$environment/deployments")
id=$(echo "$made" | jq .id)

while :; do
    deployment=$(ask "$api/deployments/$id")
    case $(echo "$deployment" | jq -r .status) in
    live) break ;;
    failed | cancelled)
        echo "$deployment" | jq -r '.error // .status'
        exit 1
        ;;
    esac
    sleep 1
done
echo "$VERSION is live in $environment: $CONSOLE_URL/deployments/$id/"
