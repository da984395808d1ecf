#!/bin/bash
# A chain of programs: what the first token is exchanged for ends with it, and the issuances tell the chain.
set -euo pipefail
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
admin() { authserver admin "$@" --json; }
EXCHANGE=urn:ietf:params:oauth:grant-type:token-exchange

admin resource create --slug ledger --uri https://ledger.example.com/ --scopes 'ledger:read||Read' > /dev/null
for name in first second third; do
  admin client create --name "$name" --grant-types "client_credentials,$EXCHANGE" --auth-method client_secret_post --scope ledger:read > "$name.json"
done
ask() { curl -s "$ISSUER/oauth/$2" -d client_id="$(jq -r .client_id "$1.json")" -d client_secret="$(jq -r .client_secret "$1.json")" "${@:3}"; }
exchange() {
  ask "$1" token -d grant_type=$EXCHANGE -d subject_token="$2" -d resource=ledger \
    -d subject_token_type=urn:ietf:params:oauth:token-type:access_token | jq -r .access_token
}
FIRST=$(ask first token -d grant_type=client_credentials -d resource=ledger | jq -r .access_token)
SECOND=$(exchange second "$FIRST")
THIRD=$(exchange third "$SECOND")

names() { jq -r --arg second "$(jq -r .client_id second.json)" --arg third "$(jq -r .client_id third.json)" \
  '[.agent_chain[] | if . == $second then "second" elif . == $third then "third" else . end] | join(", before it ")'; }
LAST=$(admin issuance list --client "$(jq -r .client_id third.json)" | jq -r '.issuances[0].id')
echo "The last token is for $(admin issuance get --id "$LAST" | names)."
TOP=$(admin issuance list --client "$(jq -r .client_id first.json)" | jq -r '.issuances[0].id')
authserver admin issuance revoke --id "$TOP" 2> /dev/null
for name in first second third; do
  case $name in first) token=$FIRST ;; second) token=$SECOND ;; third) token=$THIRD ;; esac
  echo "The token of the $name is active: $(ask "$name" introspect -d token="$token" | jq .active)."
done
echo "Read back: $(admin issuance get --id "$LAST" | jq -r .status)."
for name in first second third; do authserver admin client delete --force --id "$(jq -r .client_id $name.json)" 2> /dev/null; done
authserver admin resource delete --slug ledger 2> /dev/null
echo 'Deleted everything again.'
