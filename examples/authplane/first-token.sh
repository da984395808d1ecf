#!/bin/bash
# From nothing to a protected API: a resource, a client, and what the API answers to a token, to none, and to one that may less.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
admin() { authserver admin "$@" --json; }

authserver admin resource create --slug notes-api --uri https://api.example.com/notes --display-name Notes \
  --scopes 'notes:read||Read notes' --scopes 'notes:write||Write notes' > /dev/null
admin client create --name 'Nightly job' --grant-types client_credentials --auth-method client_secret_post \
  --scope 'notes:read notes:write' > job.json

AUDIENCE=https://api.example.com/notes PORT=${PORT:-3001} "$ROOT/node_modules/.bin/node" "$ROOT/examples/protected-api/protected-api.ts" > api.log &
trap 'kill $! 2> /dev/null || true; rm -rf "$WORK"' EXIT
API=http://127.0.0.1:${PORT:-3001}/notes
curl -s -o /dev/null --retry 30 --retry-delay 1 --retry-connrefused "$API"

token() {
  curl -s "$ISSUER/oauth/token" -d grant_type=client_credentials -d resource=notes-api -d scope="$1" \
    -d client_id="$(jq -r .client_id job.json)" -d client_secret="$(jq -r .client_secret job.json)" | jq -r .access_token
}
status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
echo "Without a token: $(status "$API")."
echo "With a token that may read: $(status "$API" -H "Authorization: Bearer $(token notes:read)")."
echo "Writing with it: $(status "$API" -H "Authorization: Bearer $(token notes:read)" -d note=hello)."
echo "Issued: $(admin issuance list --client "$(jq -r .client_id job.json)" | jq '.issuances | length')."
authserver admin client delete --force --id "$(jq -r .client_id job.json)" 2> /dev/null
authserver admin resource delete --slug notes-api 2> /dev/null
echo 'Deleted everything again.'
