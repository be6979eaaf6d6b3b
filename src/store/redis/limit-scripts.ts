import { CLOCK, script, WHOLE } from "./script.ts";

/**
 * The arithmetic of `memory-limit.ts`, number by number: whole µs and ms below 2^53, where Lua's doubles are exact. ARGV
 * has two for each key: the policy, "g:limit:window ms:burst:interval µs", and the cost. Before the cost stand "+" if the key
 * belongs to the request of the key before it, and "!" if the charge is forced.
 */
const WEIGH = `
local nowMs = math.floor(nowUs / 1000)
local policies = {}
local function policyOf(text)
  local known = policies[text]
  if not known then
    local kind, limit, window, burst, interval = string.match(text, '^(%a):(%d+):(%d+):(%d+):(%d+)$')
    known = { kind, tonumber(limit), tonumber(window), tonumber(burst), tonumber(interval) }
    policies[text] = known
  end
  return known[1], known[2], known[3], known[4], known[5]
end
local function stateOf(key)
  local text = redis.pcall('GET', key)
  if not text then return nil end
  if type(text) == 'table' then return text end
  local at, count, before = string.match(text, '^(%d+) (%d+) (%d+)$')
  if not at then return redis.error_reply('ERR the value under this key is no limit') end
  return { at = tonumber(at), count = tonumber(count), before = tonumber(before) }
end
local function write(key, at, count, before, ttlMs)
  local text = whole(at) .. ' ' .. whole(count) .. ' ' .. whole(before)
  return redis.pcall('SET', key, text, 'PX', whole(ttlMs + 1))
end
local function windowsOf(state, index)
  if not state then return 0, 0 end
  if state.at == index then return state.count, state.before end
  return 0, state.at == index - 1 and state.count or 0
end`;

const TAKE_BODY = `
local function gcra(state, burst, interval, cost)
  local capacity, price = burst * interval, cost * interval
  local used = math.max((state and state.at or 0) - nowUs, 0)
  local allowed = used + price <= capacity
  local held = allowed and used + price or used
  local retry = 0
  if not allowed then
    retry = price > capacity and -1 or math.ceil((used + price - capacity) / 1000)
  end
  local remaining = math.max(math.floor((capacity - held) / interval), 0)
  local nextState = { nowUs + used + price, 0, 0, math.ceil((used + price) / 1000) }
  return allowed, remaining, retry, math.ceil(held / 1000), nextState
end
local function fixed(count, limit, window, cost, elapsed)
  local allowed = count + cost <= limit
  local remaining = math.max(limit - count - (allowed and cost or 0), 0)
  local retry = 0
  if not allowed then retry = cost > limit and -1 or window - elapsed end
  return allowed, remaining, retry, window - elapsed
end
local function sliding(count, before, limit, window, cost, elapsed)
  local used = count * window + before * (window - elapsed)
  local allowed = used + cost * window <= limit * window
  local held = allowed and used + cost * window or used
  local current = allowed and count + cost or count
  local retry = 0
  if not allowed then
    local room = limit - cost
    if room < 0 then retry = -1
    elseif room >= count then retry = window - math.floor(((room - count) * window) / before) - elapsed
    else retry = 2 * window - elapsed - math.floor((room * window) / count) end
  end
  local reset = 0
  if current > 0 then reset = 2 * window - elapsed elseif before > 0 then reset = window - elapsed end
  return allowed, math.max(math.floor((limit * window - held) / window), 0), retry, reset
end
local function weigh(state, policy, cost)
  local kind, limit, window, burst, interval = policyOf(policy)
  if kind == 'g' then return gcra(state, burst, interval, cost) end
  local index = math.floor(nowMs / window)
  local elapsed = nowMs - index * window
  local count, before = windowsOf(state, index)
  if kind == 'f' then
    local allowed, remaining, retry, reset = fixed(count, limit, window, cost, elapsed)
    return allowed, remaining, retry, reset, { index, count + cost, before, window - elapsed }
  end
  local allowed, remaining, retry, reset = sliding(count, before, limit, window, cost, elapsed)
  return allowed, remaining, retry, reset, { index, count + cost, before, 2 * window - elapsed }
end
local function force(state, policy, cost)
  local kind, limit, window, burst, interval = policyOf(policy)
  if kind == 'g' then
    local capacity = burst * interval
    local held = math.min(math.max((state and state.at or 0) - nowUs, 0) + cost * interval, 2 * capacity)
    local reset = math.ceil(held / 1000)
    return true, math.floor((capacity - held) / interval), 0, reset, { nowUs + held, 0, 0, reset }
  end
  local index = math.floor(nowMs / window)
  local left = (index + 1) * window - nowMs
  local count, before = windowsOf(state, index)
  count = math.min(count + cost, 2 * limit)
  if kind == 'f' then return true, limit - count, 0, left, { index, count, before, left } end
  local reset = 0
  if count > 0 then reset = window + left elseif before > 0 then reset = left end
  local remaining = math.floor((limit * window - count * window - before * left) / window)
  return true, remaining, 0, reset, { index, count, before, window + left }
end
local function ask(state, policy, cost)
  if string.sub(cost, 1, 1) == '!' then return force(state, policy, tonumber(string.sub(cost, 2))) end
  return weigh(state, policy, tonumber(cost))
end
local result, failed, done = {}, nil, 0
-- Nearly always there is none of all the keys, and one look tells.
local held, others = {}, 2 * #KEYS + 2
if #ARGV >= others and redis.call('EXISTS', unpack(ARGV, others)) > 0 then
  for first, count in string.gmatch(ARGV[others - 1], '(%d+) (%d+)') do
    local after = others + tonumber(count)
    held[tonumber(first)] = redis.call('EXISTS', unpack(ARGV, others, after - 1)) > 0
    others = after
  end
end
local function fail(from, to, err)
  failed = err
  for i = 4 * from - 3, 4 * to do result[i] = err end
end
local function take(from, to)
  if held[from] then
    for i = 4 * from - 3, 4 * to do result[i] = -1 end
    done = done + 1
    return
  end
  local states, nexts, refused = {}, {}, false
  for i = from, to do
    local state = stateOf(KEYS[i])
    if state and state.err then return fail(from, to, state.err) end
    states[i] = state
    local cost = string.gsub(ARGV[2 * i], '^%+', '')
    local allowed, remaining, retry, reset, nextState = ask(state, ARGV[2 * i - 1], cost)
    if not allowed then refused = true end
    nexts[i] = nextState
    local at = 4 * i - 3
    result[at], result[at + 1], result[at + 2], result[at + 3] = allowed and 1 or 0, remaining, retry, reset
  end
  for i = from, to do
    local at = 4 * i - 3
    if not refused then
      local written = write(KEYS[i], nexts[i][1], nexts[i][2], nexts[i][3], nexts[i][4])
      if type(written) == 'table' and written.err then return fail(from, to, written.err) end
    elseif result[at] == 1 then
      local _, remaining, _, reset = weigh(states[i], ARGV[2 * i - 1], 0)
      result[at + 1], result[at + 2], result[at + 3] = remaining, 0, reset
    end
  end
  done = done + 1
end
local from = 1
for i = 2, #KEYS + 1 do
  if i > #KEYS or string.sub(ARGV[2 * i], 1, 1) ~= '+' then
    take(from, i - 1)
    from = i
  end
end
-- A replica has nothing to say, and the driver shall look for its master.
if failed and (done == 0 or string.find(failed, 'READONLY')) then return redis.error_reply(failed) end
return result`;

const GIVE_BACK_BODY = `
for i = 1, #KEYS do
  local state = stateOf(KEYS[i])
  if state and state.err then return state end
  if state then
    local kind, _, window, _, interval = policyOf(ARGV[2 * i - 1])
    local cost = tonumber((string.gsub(ARGV[2 * i], '^%+', '')))
    if kind == 'g' then
      local at = state.at - cost * interval
      if at <= nowUs then redis.call('DEL', KEYS[i])
      else write(KEYS[i], at, 0, 0, math.ceil((at - nowUs) / 1000)) end
    else
      local index = math.floor(nowMs / window)
      if state.at == index or state.at == index - 1 then
        local ttl = redis.call('PTTL', KEYS[i])
        if ttl > 0 then write(KEYS[i], state.at, math.max(state.count - cost, 0), state.before, ttl - 1) end
      end
    end
  end
end
return 1`;

/**
 * Charges requests one after the other, each with all its keys or none. Answers four whole numbers a key: 1 if there was
 * room, remaining, ms to retry (-1: never), ms to reset; or four times the text of the error that its request met.
 *
 * After the arguments of the charges ARGV may have other keys that requests depend on: first one text, for each such request the
 * number of its first key and of how many others, then these. A request is not charged if one of its others exists: its answer is
 * -1, four times. They are no KEYS: the user of a narrow ACL needs to read them, not to write.
 */
export const TAKE = script(CLOCK, WHOLE, WEIGH, TAKE_BODY);
export const GIVE_BACK = script(CLOCK, WHOLE, WEIGH, GIVE_BACK_BODY);
