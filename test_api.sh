#!/bin/sh
# Calls every API of running services with curl, prints each call with its answer, and compares the answer with what is
# expected. Needs curl. Its keys begin with a prefix of its own, and it removes them, also when it is interrupted.
#
#   make run                 (in another terminal; it prints a line `export API_KEY=…`: paste it here)
#   ./test_api.sh
#
# Environment (set to nothing, the last two leave the service out):
#   KV_SERVICE_URL    one address for all APIs of kv-service, in place of the next four
#   KEYS_URL, STORE_URL (http://localhost:8000), KV_URL (http://localhost:8080), RECORDS_URL (http://localhost:6969)
#   TEST_CLIENT_URL   http://localhost:8001
#   GATEWAY_URL       http://localhost:8888; API_KEY is the key for it, by default the one that `make up` wrote into .env
#
# Exit status: 0 when every answer was as expected, 1 when one was not, 2 when it could not begin.
set -u

KEYS_URL=${KEYS_URL:-${KV_SERVICE_URL:-http://localhost:8000}}
STORE_URL=${STORE_URL:-${KV_SERVICE_URL:-http://localhost:8000}}
KV_URL=${KV_URL:-${KV_SERVICE_URL:-http://localhost:8080}}
RECORDS_URL=${RECORDS_URL:-${KV_SERVICE_URL:-http://localhost:6969}}
TEST_CLIENT_URL=${TEST_CLIENT_URL-http://localhost:8001}
GATEWAY_URL=${GATEWAY_URL-http://localhost:8888}

cannot_begin() {
  echo "test_api.sh: $1" >&2
  exit 2
}

command -v curl >/dev/null || cannot_begin 'curl is not there; it sends the requests'

env_file=$(dirname "$0")/.env
if [ -z "${API_KEY:-}" ] && [ -r "$env_file" ]; then
  API_KEY=$(sed -n 's/^API_KEY=//p' "$env_file")
fi
if [ -n "$GATEWAY_URL" ] && [ -z "${API_KEY:-}" ]; then
  cannot_begin 'API_KEY is not set: paste the line `export API_KEY=…` that `make run` printed, or leave the gateway out with GATEWAY_URL='
fi

newline='
'
calls=0
failures=0

# request METHOD URL [BODY]: sends it, and leaves $status (000 without an answer) and $answer behind.
request() {
  if [ $# -gt 2 ]; then
    set -- "$1" "$2" -H 'Content-Type: application/json' -d "$3"
  fi
  method=$1
  url=$2
  shift 2
  case $url in
    "${GATEWAY_URL:-none}"/v1/*) [ -z "${sent_key-$API_KEY}" ] || set -- -H "x-api-key: ${sent_key-$API_KEY}" "$@" ;;
  esac
  output=$(curl -sS -g -m 15 -w '\n%{http_code}' -X "$method" "$@" "$url" 2>&1)
  status=${output##*"$newline"}
  answer=${output%"$newline"*}
}

# call STATUS ANSWER METHOD URL [BODY]: a request whose answer is expected to be exactly this; an ANSWER of * is any.
call() {
  expected_status=$1
  expected=$2
  shift 2
  request "$@"
  calls=$((calls + 1))
  verdict=ok
  [ "$status" = "$expected_status" ] || verdict=FAIL
  [ "$expected" = '*' ] || [ "$answer" = "$expected" ] || verdict=FAIL
  printf '%-4s  %s %s%s\n' "$verdict" "$1" "$2" "${3:+ $3}"
  printf '      %s %s\n' "$status" "$answer"
  [ "$verdict" = ok ] && return
  failures=$((failures + 1))
  printf '      expected: %s %s\n' "$expected_status" "$expected"
}

section() {
  printf '\n%s\n' "$1"
}

# Keys of this run alone; none needs percent-encoding.
run=test_api-$$-$(date +%s)
kv=$run-kv
batch=$run-batch
keys=$run-keys
record=$run-record
other=$run-other
counter=$run-counter
value=$run-value

clean_up() {
  for key in "$kv" "$batch" "$keys" "$record" "$other" "$counter" "$value"; do
    request DELETE "$KV_URL/kv/$key"
  done
}

request GET "$KV_URL/stats"
[ "$status" = 200 ] || cannot_begin "$KV_URL does not answer as kv-service does ($status $answer); start it with \`make run\`"

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

missing='{"error":"key not found","type":"about:blank","title":"Not Found","status":404,"detail":"key not found"}'

section "/kv: JSON values, TTL in seconds, batches, listings"
call 200 '{"success":true}' PUT "$KV_URL/kv/$kv" '{"value": {"name": "Alice", "balance": 12345678901234567890.10}}'
call 200 '{"value":{"name":"Alice","balance":12345678901234567890.10}}' GET "$KV_URL/kv/$kv"
call 200 '{"success":true}' PUT "$KV_URL/kv/$kv" '{"value": "new", "ttl": 300}'
call 200 '{"value":"new"}' GET "$KV_URL/kv/$kv"
call 200 '{"success":true,"results":[{"success":true},{"value":[1,2]},{"error":"key not found"}]}' POST "$KV_URL/kv/batch" \
  '{"operations": [{"op": "set", "key": "'"$batch"'", "value": [1, 2]}, {"op": "get", "key": "'"$batch"'"}, {"op": "delete", "key": "'"$other"'"}]}'
call 200 '{"keys":["'"$batch"'","'"$kv"'"]}' GET "$KV_URL/kv?prefix=$run"
call 200 '*' GET "$KV_URL/stats"
call 200 '{"success":true}' PUT "$KV_URL/kv/$kv" '{"value": "over at once", "ttl": 0}'
call 404 "$missing" GET "$KV_URL/kv/$kv"
call 200 '{"success":true}' DELETE "$KV_URL/kv/$batch"
call 404 "$missing" DELETE "$KV_URL/kv/$batch"
call 400 '*' PUT "$KV_URL/kv/$kv" '{"ttl": 5}'

section "/keys: the key in the path and in the body"
call 200 '{"status":"healthy"}' GET "$KEYS_URL/health"
call 201 '{"success":true,"message":"Value stored successfully"}' POST "$KEYS_URL/keys/$keys" '{"key": "'"$keys"'", "value": null}'
call 200 '{"success":true,"message":"Value stored successfully"}' PUT "$KEYS_URL/keys/$keys" '{"key": "'"$keys"'", "value": [1.10]}'
call 200 '{"success":true,"key":"'"$keys"'","value":[1.10]}' GET "$KEYS_URL/keys/$keys"
call 400 '{"detail":{"success":false,"error":"Key in path '"'$keys'"' does not match key in body '"'$other'"'"}}' \
  PUT "$KEYS_URL/keys/$keys" '{"key": "'"$other"'", "value": 1}'
call 422 '{"detail":[{"loc":["body","value"],"msg":"Field required","type":"missing"}]}' POST "$KEYS_URL/keys/$keys" '{"key": "'"$keys"'"}'
call 200 '{"success":true,"message":"Key deleted successfully"}' DELETE "$KEYS_URL/keys/$keys"
call 404 '{"detail":{"success":false,"error":"Key '"'$keys'"' not found"}}' GET "$KEYS_URL/keys/$keys"
call 404 '{"detail":{"success":false,"error":"Key '"'$keys'"' not found"}}' DELETE "$KEYS_URL/keys/$keys"

section "Records: written once, TTL in minutes, bulk"
gone='{"status":"Error","message":"Record with the key '"'$record'"' not found"}'
call 200 '{"status":"Success","message":"Record with the key '"'$record'"' was made successfully"}' \
  PUT "$RECORDS_URL/$record" '{"value": {"made": "once"}, "tll": 5}'
call 200 '{"key":"'"$record"'","value":{"made":"once"}}' GET "$RECORDS_URL/$record"
call 400 '{"status":"Error","message":"Record with the key '"'$record'"' already exists and can not be modified"}' \
  PUT "$RECORDS_URL/$record" '{"value": "another"}'
call 400 '{"status":"Error","message":"Not all operations were correct. No changes were made.","details":[{"key":"'"$record"'","result":"Record with the key '"'$record'"' already exists and can not be modified"}]}' \
  PUT "$RECORDS_URL/bulk" '[{"method": "PUT", "key": "'"$other"'", "value": 1}, {"method": "PUT", "key": "'"$record"'", "value": 1}]'
call 404 '{"status":"Error","message":"Record with the key '"'$other'"' not found"}' GET "$RECORDS_URL/$other"
call 200 '{"status":"Success","message":"All operations completed. Changes saved.","details":[{"key":"'"$other"'","result":"added successfully"},{"key":"'"$other"'","value":0},{"key":"'"$other"'","result":"deleted successfully"}]}' \
  PUT "$RECORDS_URL/bulk" '[{"method": "PUT", "key": "'"$other"'", "value": 0}, {"method": "GET", "key": "'"$other"'"}, {"method": "DELETE", "key": "'"$other"'"}]'
call 200 '{"status":"Success","message":"Record with the key '"'$record'"' deleted"}' DELETE "$RECORDS_URL/$record"
call 404 "$gone" GET "$RECORDS_URL/$record"
call 404 "$gone" DELETE "$RECORDS_URL/$record"
call 400 '{"status":"Error","message":"JSON Body misses the '"'value'"' attribute. No changes were made"}' PUT "$RECORDS_URL/$record" '{}'
call 400 '{"status":"Error","message":"'"'stats'"' is a reserved name"}' PUT "$RECORDS_URL/stats" '{"value": 1}'

section "/api/v1/store: strings and counters"
not_found='{"status":"error","message":"Key '"'$counter'"' not found"}'
call 200 '{"status":"success","data":{"exists":false}}' GET "$STORE_URL/api/v1/store/$counter/exists"
call 201 '{"status":"success","data":{"message":"Value set successfully"}}' POST "$STORE_URL/api/v1/store/$counter" '{"value": "5"}'
call 200 '{"status":"success","data":{"exists":true}}' GET "$STORE_URL/api/v1/store/$counter/exists"
call 200 '{"status":"success","data":{"new_value":8}}' PUT "$STORE_URL/api/v1/store/$counter/increment" '{"increment": 3}'
call 200 '{"status":"success","data":{"value":"8"}}' GET "$STORE_URL/api/v1/store/$counter"
call 201 '{"status":"success","data":{"message":"Value set successfully"}}' POST "$STORE_URL/api/v1/store/$counter" '{"value": "five"}'
call 400 '{"status":"error","message":"Value is not an integer and cannot be incremented"}' \
  PUT "$STORE_URL/api/v1/store/$counter/increment" '{"increment": 1}'
call 422 '*' POST "$STORE_URL/api/v1/store/$counter" '{"value": 5}'
call 200 '{"status":"success","data":{"message":"Key deleted successfully"}}' DELETE "$STORE_URL/api/v1/store/$counter"
call 200 '{"status":"success","data":{"message":"Key deleted successfully"}}' DELETE "$STORE_URL/api/v1/store/$counter"
call 404 "$not_found" GET "$STORE_URL/api/v1/store/$counter"
call 404 "$not_found" PUT "$STORE_URL/api/v1/store/$counter/increment" '{"increment": 1}'

if [ -n "$GATEWAY_URL" ]; then
  section "The gateway: strings with an API key, through gRPC"
  call 200 '{"status":"healthy"}' GET "$GATEWAY_URL/health"
  call 200 '*' GET "$GATEWAY_URL/health/ready"
  call 200 '{"key":"'"$value"'","value":"world"}' PUT "$GATEWAY_URL/v1/values" '{"key": "'"$value"'", "value": "world"}'
  call 200 '{"key":"'"$value"'","value":"world"}' GET "$GATEWAY_URL/v1/values/$value"
  call 200 '{"value":"world"}' GET "$KV_URL/kv/$value"
  call 200 '{"key":"'"$value"'","value":"new"}' PUT "$GATEWAY_URL/v1/values" '{"key": "'"$value"'", "value": "new"}'
  call 400 '{"error":"Key is required"}' PUT "$GATEWAY_URL/v1/values" '{"value": "world"}'
  call 400 '{"error":"Invalid request body"}' PUT "$GATEWAY_URL/v1/values" '{"key": "'"$value"'", "value": 5}'
  sent_key=
  call 401 '*' GET "$GATEWAY_URL/v1/values/$value"
  sent_key=$API_KEY-wrong
  call 401 '*' DELETE "$GATEWAY_URL/v1/values/$value"
  unset sent_key
  call 200 '{"key":"'"$value"'","value":"new"}' GET "$GATEWAY_URL/v1/values/$value"
  call 204 '' DELETE "$GATEWAY_URL/v1/values/$value"
  call 204 '' DELETE "$GATEWAY_URL/v1/values/$value"
  call 404 '{"error":"Key not found"}' GET "$GATEWAY_URL/v1/values/$value"
fi

if [ -n "$TEST_CLIENT_URL" ]; then
  section "test-client: workflows against kv-service"
  call 200 '{"status":"healthy"}' GET "$TEST_CLIENT_URL/health"
  call 200 '*' GET "$TEST_CLIENT_URL/test/status"
  call 200 '{"success":true,"test_name":"test_deletion","details":{"steps_executed":4,"all_assertions_passed":true}}' \
    POST "$TEST_CLIENT_URL/test/deletion"
  call 200 '{"success":true,"test_name":"test_overwrite","details":{"steps_executed":4,"all_assertions_passed":true}}' \
    POST "$TEST_CLIENT_URL/test/overwrite"
fi

section "Afterwards"
clean_up
call 200 '{"keys":[]}' GET "$KV_URL/kv?prefix=$run"

printf '\n%s calls, %s as expected, %s not.\n' "$calls" "$((calls - failures))" "$failures"
[ "$failures" = 0 ]
