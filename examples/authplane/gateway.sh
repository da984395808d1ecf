#!/bin/bash
# A gateway in front of an API: a fronting link, tried before it is made, and an exchange by it.
set -euo pipefail
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
admin() { authserver admin "$@" --json; }

admin resource create --slug gateway --uri https://gateway.example.com/ --scopes 'tools:use||Use the tools' > /dev/null
admin resource create --slug notes --uri https://notes.example.com/ --scopes 'notes:read||Read' --scopes 'notes:write||Write' > /dev/null
admin client create --name Assistant --grant-types client_credentials --auth-method client_secret_post --scope tools:use > assistant.json
admin client create --name Gateway --grant-types client_credentials --auth-method client_secret_post \
  --scope 'notes:read notes:write' > gateway.json
authserver admin resource runtime-client add --slug gateway --client-id "$(jq -r .client_id gateway.json)" > /dev/null

echo "A dry run: $(admin fronting create --source gateway --target notes --scope-map 'tools:use=notes:read' --dry-run | jq -c .scope_map)."
echo "Links: $(admin fronting list | jq length)."
admin fronting create --source gateway --target notes --scope-map 'tools:use=notes:read' > /dev/null
echo "Links: $(admin fronting list | jq length)."

# Asks the token endpoint as a client: its file, then parameters.
token() {
  local file=$1
  shift
  curl -s "$ISSUER/oauth/token" -d client_id="$(jq -r .client_id "$file")" -d client_secret="$(jq -r .client_secret "$file")" "$@"
}
exchange() {
  token "$1" -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d subject_token="$SUBJECT" \
    -d subject_token_type=urn:ietf:params:oauth:token-type:access_token -d resource=notes "${@:2}"
}
SUBJECT=$(token assistant.json -d grant_type=client_credentials -d resource=gateway | jq -r .access_token)
echo "The gateway gets $(exchange gateway.json | jq -r .scope)."
echo "More than that: $(exchange gateway.json -d scope=notes:write | jq -r .error)."
echo "Another client: $(exchange assistant.json | jq -r .error)."
echo "The API can be deleted: $(authserver admin resource delete --slug notes 2>&1 | grep -c 'Fronting links' || true) link keeps it."
authserver admin resource delete --slug notes --cascade 2> /dev/null
for client in assistant gateway; do authserver admin client delete --force --id "$(jq -r .client_id $client.json)" 2> /dev/null; done
authserver admin resource delete --slug gateway 2> /dev/null
echo 'Deleted everything again.'
