import type { GatewayProcess } from "../gateway.ts";
import { reload } from "../reload.ts";

/** Takes over another configuration, with other plugins on each route, again and again until the work is done. */
export async function reloadMeanwhile(gateway: GatewayProcess, work: Promise<void>): Promise<number> {
  const text = await Bun.file(gateway.configFile).text();
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  let count = 0;
  while (!isDone) {
    count++;
    await Bun.write(gateway.configFile, text.replace("access-log: { ", `access-log: { slow: ${1_000 + count}s, `));
    const { status } = await reload(gateway);
    if (status !== 200) throw new Error(`the configuration was not taken over: ${status}`);
  }
  await done;
  return count;
}
