-- Without arguments every request is the same. `tokens FILE`: each line is presented in turn.
-- `pause MS`: every connection waits between two requests. `upload BYTES`: each request is a POST with such a body.
-- The result is one line of JSON.
function init(arguments)
  local requests = {}
  if arguments[1] == "tokens" then
    for token in io.lines(arguments[2]) do
      requests[#requests + 1] = wrk.format(nil, nil, { Host = wrk.headers["Host"], Authorization = "Bearer " .. token })
    end
    local turn = 0
    request = function()
      turn = turn % #requests + 1
      return requests[turn]
    end
  elseif arguments[1] == "pause" then
    delay = function() return tonumber(arguments[2]) end
  elseif arguments[1] == "upload" then
    local upload = wrk.format("POST", nil, nil, string.rep("x", tonumber(arguments[2])))
    request = function() return upload end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nSUMMARY {"requests": %d, "bytes": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "lost": %d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
