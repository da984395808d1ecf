#!/bin/bash
# What an operator does on the second day: a new key, a suspended client, and who got what.
set -euo pipefail
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
admin() { authserver admin "$@" --json; }
ask() { curl -s "$ISSUER/oauth/$1" -d client_id="$ID" -d client_secret="$SECRET" "${@:2}"; }

admin resource create --slug orders --uri https://orders.example.com/ --scopes 'orders:read||Read' > /dev/null
CLIENT=$(admin client create --name Nightly --grant-types client_credentials --auth-method client_secret_post --scope orders:read)
ID=$(jq -r .client_id <<< "$CLIENT") SECRET=$(jq -r .client_secret <<< "$CLIENT")
TOKEN=$(ask token -d grant_type=client_credentials -d resource=orders | jq -r .access_token)

ROTATED=$(admin key rotate)
KIDS=$(curl -s "$ISSUER/.well-known/jwks.json" | jq -c '[.keys[].kid]')
echo "Both keys are published: $(jq --argjson kids "$KIDS" '[.current_kid, .previous_kid] - $kids == []' <<< "$ROTATED")."
echo "The token is active: $(ask introspect -d token="$TOKEN" | jq .active)."

curl -s -X PATCH "$COUNTERSIGN_ADMIN_URL/admin/clients/$ID/suspend" -H "Authorization: Bearer $AUTHPLANE_ADMIN_API_KEY" > /dev/null
echo "A suspended client asks for a token: $(ask token -d grant_type=client_credentials | jq -r .error)."
curl -s -X PATCH "$COUNTERSIGN_ADMIN_URL/admin/clients/$ID/reactivate" -H "Authorization: Bearer $AUTHPLANE_ADMIN_API_KEY" > /dev/null
echo "The token is active: $(ask introspect -d token="$TOKEN" | jq .active)."

FOUND=$(admin issuance list --client "$ID" --resource orders --since 1h | jq -r '.issuances[0].id')
echo "It was issued for $(admin issuance get --id "$FOUND" | jq -r '.claims.scope + " at " + .claims.aud')."
authserver admin issuance revoke --id "$FOUND" 2> /dev/null
echo "The token is active: $(ask introspect -d token="$TOKEN" | jq .active)."
authserver admin client delete --force --id "$ID" 2> /dev/null
authserver admin resource delete --slug orders 2> /dev/null
echo 'Deleted everything again.'
