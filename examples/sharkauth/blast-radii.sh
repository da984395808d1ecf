#!/bin/bash
# Four ways to stop agents, each with one call of SharkAuth's API: a token, the tokens of an agent, agents of a person, and clients by a
# pattern. Every call is in the audit log.
set -euo pipefail
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
RUN=run-$$

# call METHOD PATH [BODY]
call() {
  curl -sf -X "$1" "$COUNTERSIGN_ADMIN_URL/api/v1$2" -H "Authorization: Bearer $COUNTERSIGN_ADMIN_API_KEY" \
    ${3:+-H 'Content-Type: application/json' -d "$3"}
}
person=$(call POST /admin/users "{\"email\":\"$RUN@example.com\"}" | jq -r .id)
for name in planner mailer booker payer; do
  call POST /agents "{\"name\":\"$name $RUN\",\"created_by\":\"$person\",\"scopes\":[\"trips:read\"]}" > "$name.json"
done

basic() { printf '%s:%s' "$(jq -r .client_id "$1.json")" "$(jq -r .client_secret "$1.json")"; }
token() { curl -s -u "$(basic "$1")" "$ISSUER/oauth/token" -d grant_type=client_credentials -d scope=trips:read; }
active() { curl -s -u "$(basic "$1")" "$ISSUER/oauth/introspect" -d token="$2" | jq .active; }
jti() { cut -d. -f2 <<< "$1" | tr '_-' '/+' | base64 -d 2> /dev/null | jq -r .jti; }

planner=$(token planner | jq -r .access_token)
mailer=$(token mailer | jq -r .access_token)
booker=$(token booker | jq -r .access_token)
payer=$(token payer | jq -r .access_token)
echo "At first: $(active planner "$planner") $(active mailer "$mailer") $(active booker "$booker") $(active payer "$payer")."

call POST /admin/auth/revoke-jti "{\"jti\":\"$(jti "$planner")\"}" > /dev/null
echo "A token: $(active planner "$planner") $(active mailer "$mailer")."

call POST "/agents/$(jq -r .id mailer.json)/tokens/revoke-all" > reply.json
echo "An agent: $(jq .count reply.json) token. $(active mailer "$mailer") $(active booker "$booker")."

call POST "/users/$person/revoke-agents" "{\"reason\":\"lost phone\",\"agent_ids\":[\"$(jq -r .id booker.json)\"]}" > reply.json
echo "Agents of a person: the booker asks for a token: $(token booker | jq -r .error)."

call POST /admin/oauth/revoke-by-pattern "{\"client_id_pattern\":\"$(jq -r .client_id payer.json)\",\"reason\":\"leaked\"}" > reply.json
echo "Clients of a pattern: $(active payer "$payer")."

echo "In the audit log: $(call GET "/audit-logs?limit=20" | jq '[.data[].action] | map(select(test("revoke|deactivat|suspend"))) | length > 2')."
call POST "/users/$person/revoke-agents" '{"reason":"the end"}' > /dev/null
for name in planner mailer booker payer; do call DELETE "/agents/$(jq -r .id $name.json)" > /dev/null; done
call DELETE "/users/$person" > /dev/null
echo 'Deleted everything again.'
