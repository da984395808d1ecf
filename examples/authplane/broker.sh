#!/bin/bash
# Tokens of another provider: an MCP server asks for the user's token there, the user connects the account once, and it gets the token.
# SUBJECT is an access token of the user. UPSTREAM is the provider, with the client UPSTREAM_CLIENT_ID, whose secret the server has in
# CONNECTOR_UPSTREAM_SECRET. Its redirect URI is $ISSUER/connect/upstream/callback.
set -euo pipefail
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
admin() { authserver admin "$@" --json; }
EXCHANGE=urn:ietf:params:oauth:grant-type:token-exchange

jq -n --arg at "$UPSTREAM" --arg id "$UPSTREAM_CLIENT_ID" '{client_id: $id, client_secret_ref: "CONNECTOR_UPSTREAM_SECRET",
  authorize_url: ($at + "/oauth/authorize"), token_url: ($at + "/oauth/token"), revoke_url: ($at + "/oauth/revoke")}' > provider.json
admin provider create --slug upstream --protocol oauth --display-name Upstream --config-data provider.json > made.json
authserver admin resource create --slug address --backend-kind broker --broker-provider upstream --display-name Address \
  --scopes 'address:read|openid email|Read your address' > /dev/null
admin client create --name 'MCP server' --grant-types "client_credentials,$EXCHANGE" --auth-method client_secret_post --scope address:read > mcp.json
authserver admin resource runtime-client add --slug address --client-id "$(jq -r .client_id mcp.json)" > /dev/null

exchange() {
  curl -s "$ISSUER/oauth/token" -d grant_type=$EXCHANGE -d subject_token="$SUBJECT" -d resource=address -d scope=address:read \
    -d subject_token_type=urn:ietf:params:oauth:token-type:access_token \
    -d client_id="$(jq -r .client_id mcp.json)" -d client_secret="$(jq -r .client_secret mcp.json)"
}
exchange > reply.json
echo "The first exchange: $(jq -r '.error + ", " + .cause' reply.json)."
echo "Open $(jq -r .consent_url reply.json)"
for _ in $(seq 120); do
  exchange > reply.json
  [[ $(jq -r '.access_token // empty' reply.json) ]] && break
  sleep 1
done
echo "The MCP server is told by the provider: $(curl -s "$UPSTREAM/oauth/userinfo" -H "Authorization: Bearer $(jq -r .access_token reply.json)" | jq -r .email)."
USER_ID=$(admin issuance list --client "$(jq -r .client_id mcp.json)" | jq -r '.issuances[0].subject_user_id')
GRANT=$(admin grant list-user-grants --user "$USER_ID" | jq -r '.broker_grants[0].id')
authserver admin grant revoke-broker --id "$GRANT" 2> /dev/null
echo "After the account was disconnected: $(exchange | jq -r .error)."
authserver admin resource delete --slug address 2> /dev/null
authserver admin provider delete --id "$(jq -r .id made.json)" 2> /dev/null
authserver admin client delete --force --id "$(jq -r .client_id mcp.json)" 2> /dev/null
echo 'Deleted everything again.'
