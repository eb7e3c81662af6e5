-- wrk sends the requests of a file, which are separated by NUL, in turn, each ready as it stands: load that is built while it runs measures itself.
-- wrk -s requests.lua URL -- FILE
-- The last line is the result as JSON; latencies are microseconds.
local requests = {}
local count = 0
local next = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  local from = 1
  while from <= #text do
    local to = string.find(text, "\0", from, true)
    count = count + 1
    requests[count] = string.sub(text, from, to - 1)
    from = to + 1
  end
end

function request()
  next = next % count + 1
  return requests[next]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"status":%d,"sockets":%d,"timeouts":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write, e.timeout))
end
