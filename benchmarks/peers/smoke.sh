#!/usr/bin/env bash
# The 24 checks with curl and jq, one call after another: BASE_URL=... WEBHOOK_SECRET=... benchmarks/peers/smoke.sh
set -uo pipefail

api="$BASE_URL/api"
stem="peer_$(printf '%04x%04x' $RANDOM $RANDOM)"
password=correct-horse-battery
hook=/webhooks/revenuecat
snapshot=/entitlements/snapshot
json='Content-Type: application/json'
order='{"product_id":"premium_cinematics_pack","entitlement_key":"PREMIUM_CINEMATICS_PACK"'
order+=',"idempotency_key":"never-bought","platform":"ios","transaction_id":"never-bought"}'
checks=0 failed=0 good=true

# call METHOD PATH [CURL OPTIONS]: sets `status` and `body`
call() {
    local answer
    answer=$(curl -sS --max-time 30 -w '\n%{http_code}' -X "$1" "$api$2" "${@:3}")
    status=${answer##*$'\n'} body=${answer%$'\n'*}
}
bearer() { printf 'Authorization: Bearer %s' "$1"; }
sent() { printf '{"username":"%s","password":"%s"}' "$1" "$2"; }
account() { call POST "$1" -H "$json" -d "$(sent "$2" "$3")"; }
has() { jq -e "$1" >/dev/null 2>&1 <<<"${2:-$body}"; }
field() { jq -r "$1" <<<"${2:-$body}"; }
event() { # TYPE PLAYER ENTITLEMENTS
    printf '{"api_version":"1.0","event":{"id":"%s","type":"%s","app_user_id":"%s"' "$stem-$RANDOM$RANDOM" "$1" "$2"
    printf ',"product_id":"premium_cinematics_pack","entitlement_ids":%s,"event_timestamp_ms":%s000' "$3" "$EPOCHSECONDS"
    printf ',"expiration_at_ms":null,"transaction_id":"%s"}}' "$stem-$RANDOM"
}
# expect STATUS[|STATUS]: of the last call
expect() { [[ $status =~ ^($1)$ ]] || good=false; }
that() { "$@" || good=false; }
end() {
    checks=$((checks + 1))
    $good || { failed=$((failed + 1)) && echo "FAILED $1 (last answer: $status)" >&2; }
    good=true
}

call GET /health; expect 200; that has '.status == "healthy" and .server_dev_mode == false'; end health
call GET /v1/features; expect 200; that has '.flags.PURCHASES_ENABLED == true'; end features

account /user/register "${stem}_a" $password; expect '200|201'
that has ".token and .user.username == \"${stem}_a\""; end registration
token=$(field .token)
upper="${stem}_a"
account /user/register "${upper^^}" $password; expect '400|409'; end 'taken name'
account /user/register ab $password; expect '400|422'
account /user/register "${stem}_b" 12345; expect '400|422'; end 'bad registration'

account /auth/login "${stem}_a" $password; expect 200; that has .token; end login
living=$(field .token)
account /auth/login "${stem}_a" wrong-password; expect 401
account /auth/login "${stem}_nobody" wrong-password; expect 401; end 'bad login'
call GET /auth/verify -H "$(bearer "$living")"; expect 200; that has '.valid == true'; end verify
account /auth/login "${stem}_a" $password
ended=$(field .token)
call POST /auth/logout -H "$(bearer "$ended")"; expect 200
call GET /auth/verify -H "$(bearer "$ended")"; expect 401
call GET /auth/verify -H "$(bearer "$living")"; expect 200; end logout

call GET $snapshot; expect 401
call GET $snapshot -H "$(bearer garbage)"; expect 401; end 'no token'
call GET $snapshot -H "$(bearer "${token:0:-8}$(rev <<<"${token: -8}")")"; expect 401; end 'tampered token'
call GET $snapshot -H "$(bearer "$token")"; expect 200
that has ".username == \"${stem}_a\" and .ttl_seconds >= 30 and .ttl_seconds <= 3600"
that has '.entitlements.PREMIUM.status == "not_owned"'; end snapshot
before=$body

call GET /hero/hero_1/cinematic/access -H "$(bearer "$token")"; expect 403
call GET /hero/hero_1/cinematic/url -H "$(bearer "$token")"; expect 403
that has 'has("video_url") | not'; end 'closed gate'
call GET /hero/hero_1/cinematic/access; expect 401; end 'gate without token'
call POST "/battle-pass/${stem}_a/claim/free/1" -H "$(bearer "$token")"; expect 200
call POST "/battle-pass/${stem}_a/claim/premium/1" -H "$(bearer "$token")"; expect 403; end claims

account /user/register "${stem}_c" $password
buyer=$(field .token)
call POST "/battle-pass/${stem}_c/claim/free/1" -H "$(bearer "$token")"; expect '401|403|404'; end 'foreign claim'

forged=$(event NON_RENEWING_PURCHASE "${stem}_nobody" '["premium_cinematics"]')
call POST $hook -H "$json" -d "$forged"; expect '401|403'
call POST $hook -H "$json" -H 'Authorization: wrong-secret' -d "$forged"; expect '401|403'; end 'forged webhooks'
own="Authorization: $WEBHOOK_SECRET"
call POST $hook -H "$json" -H "$own" -d "$(event TEST "${stem}_nobody" null)"; expect 200; end 'dashboard test'
call POST $hook -H "$json" -H "$own" -d '{"event": {'; expect '4..'; end 'malformed webhook'

purchase=$(event NON_RENEWING_PURCHASE "${stem}_c" '["premium_cinematics"]')
call POST $hook -H "$json" -H "$own" -d "$purchase"; expect 200
call GET $snapshot -H "$(bearer "$buyer")"; expect 200
that has '.entitlements.PREMIUM_CINEMATICS_PACK.status == "owned"'
version=$(field .version)
call GET /hero/hero_1/cinematic/access -H "$(bearer "$buyer")"; expect 200
call GET /hero/hero_1/cinematic/url -H "$(bearer "$buyer")"; expect 200; that has .video_url; end 'purchase opens'
call POST $hook -H "$json" -H "$own" -d "$purchase"; expect 200
call GET $snapshot -H "$(bearer "$buyer")"; that has ".version == $version"; end 'duplicate counts once'

call POST /purchases/verify -H "$json" -H "$(bearer "$token")" -d "$order"
[[ $status == 200 ]] && that has '.success == false' || expect '400|401|402|403|404|409|422'
call GET $snapshot -H "$(bearer "$token")"; that has ".version == $(field .version "$before")"; end 'unknown purchase'
call POST /purchases/verify -H "$json" -d "$order"; expect 401; end 'purchase without token'
call POST /vip/purchase -H "$json" -H "$(bearer "$token")" -d '{}'; expect 403
call POST /store/purchase-crystals -H "$json" -H "$(bearer "$token")" -d '{}'; expect 403; end 'simulated purchases'

echo "$((checks - failed)) of $checks checks passed"
((failed == 0))
