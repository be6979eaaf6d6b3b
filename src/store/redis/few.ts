import { StoreError } from "../error.ts";
import { script } from "./script.ts";

/** KEYS: any. Answers how many they are, and for each that has a text its number and the text. */
export const GET_FEW = script(`
local found = { #KEYS }
for i, value in ipairs(redis.call('MGET', unpack(KEYS))) do
  if value then
    found[#found + 1] = i
    found[#found + 1] = value
  end
end
return found`);

/** What Lua takes as arguments of one call, and some less. */
export const MOST_FEW = 4_000;

const NOTHING: ReadonlyMap<number, string> = new Map();

/** The reply of the script. Throws StoreError if it is not about so many keys: silence must not pass for "nothing there". */
export function fewOf(reply: unknown, keys: number): ReadonlyMap<number, string> {
  if (!Array.isArray(reply) || reply[0] !== keys)
    throw new StoreError("refused", "Redis gave an answer that is none of the script's");
  if (reply.length === 1) return NOTHING;
  const found = new Map<number, string>();
  for (let i = 1; i < reply.length; i += 2) found.set(Number(reply[i]) - 1, String(reply[i + 1]));
  return found;
}
