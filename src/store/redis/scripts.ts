import { CLOCK, script, WHOLE } from "./script.ts";

const COUNTER = `
local function counted(key, by)
  local text = redis.call('GET', key) or '0'
  if not string.match(text, '^-?%d+$') or #text > 17 then
    return redis.error_reply('ERR the value under this key is no counter')
  end
  local value = tonumber(text) + by
  if math.abs(value) > 9007199254740991 then return redis.error_reply('ERR the counter is out of range') end
  return value
end`;

/** KEYS: counter. ARGV: by, ms to live (0: none). */
export const INCREMENT = script(
  WHOLE,
  COUNTER,
  `
local isNew = redis.call('EXISTS', KEYS[1]) == 0
local value = counted(KEYS[1], tonumber(ARGV[1]))
if type(value) == 'table' then return value end
if isNew and ARGV[2] ~= '0' then redis.call('SET', KEYS[1], whole(value), 'PX', ARGV[2])
else redis.call('INCRBY', KEYS[1], ARGV[1]) end
return value`,
);

/** KEYS: one a write. ARGV: three a write: what to do, value or by, ms to live (0: none). */
export const TRANSACT = script(
  WHOLE,
  COUNTER,
  `
for i = 1, #KEYS do
  if ARGV[3 * i - 2] == 'increment' then
    local value = counted(KEYS[i], tonumber(ARGV[3 * i - 1]))
    if type(value) == 'table' then return value end
  end
end
for i = 1, #KEYS do
  local key, op, value, ttl = KEYS[i], ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
  if op == 'delete' then redis.call('DEL', key)
  elseif op == 'set' then
    if ttl == '0' then redis.call('SET', key, value) else redis.call('SET', key, value, 'PX', ttl) end
  else
    local isNew = redis.call('EXISTS', key) == 0
    redis.call('INCRBY', key, value)
    if isNew and ttl ~= '0' then redis.call('PEXPIRE', key, ttl) end
  end
end
return 1`,
);

/** KEYS: lock, its fence. ARGV: token, ms to live, ms for which the fence is remembered. Answers the fence, or 0. */
export const LOCK = script(
  CLOCK,
  WHOLE,
  `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, nowUs)
redis.call('SET', KEYS[2], whole(fence), 'PX', whole(ARGV[2] + ARGV[3]))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence`,
);

/** KEYS: lock. ARGV: token, ms to live. */
export const EXTEND_LOCK = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** KEYS: lock. ARGV: token. */
export const UNLOCK = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`);

/** A sorted set of tokens by the ms at which their time is over. */
const LEASES = `
local nowMs = math.floor(nowUs / 1000)
local function hold(token, ms)
  redis.call('ZADD', KEYS[1], whole(nowMs + ms), token)
  if redis.call('PTTL', KEYS[1]) < ms + 0 then redis.call('PEXPIRE', KEYS[1], whole(ms + 1)) end
end
local function forgetEnded() redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', nowMs) end`;

/**
 * KEYS: semaphore. ARGV: token, places, ms to live. Answers the places in use, or 0. Adding is its first write: a Redis that
 * is full refuses only that of a script.
 */
export const LEASE = script(
  CLOCK,
  WHOLE,
  LEASES,
  `
local used = redis.call('ZCOUNT', KEYS[1], '(' .. whole(nowMs), '+inf')
if used >= tonumber(ARGV[2]) then return 0 end
hold(ARGV[1], tonumber(ARGV[3]))
forgetEnded()
return used + 1`,
);

/** KEYS: semaphore. ARGV: token, ms to live. */
export const RENEW_LEASE = script(
  CLOCK,
  WHOLE,
  LEASES,
  `
forgetEnded()
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
hold(ARGV[1], tonumber(ARGV[2]))
return 1`,
);

/** KEYS: semaphore. ARGV: token. */
export const RELEASE_LEASE = script(CLOCK, WHOLE, LEASES, "forgetEnded() return redis.call('ZREM', KEYS[1], ARGV[1])");
/** KEYS: semaphore. */
export const LEASED = script(CLOCK, WHOLE, LEASES, "forgetEnded() return redis.call('ZCARD', KEYS[1])");
