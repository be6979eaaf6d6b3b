import { describe, expect, test } from "bun:test";
import { startWorld } from "./world.ts";

const HOUR = 3_600;

describe("RFC 9111 §4.2.3 a clock that is set", () => {
  test("back by hours makes nothing that is stored younger: the service is asked about it, and believed from then on", async () => {
    await using world = await startWorld();
    world.answers({ headers: { "cache-control": "max-age=600", etag: '"one"' }, conditional: 304 });
    await world.ask();
    world.pass(300);
    await world.ask();
    expect(world.asked).toHaveLength(1);
    world.pass(-2 * HOUR);
    expect((await world.ask()).status).toBe(200);
    expect(world.asked[1]?.header("if-none-match")).toBe('"one"');
    world.pass(599);
    await world.ask();
    expect(world.asked).toHaveLength(2);
    world.pass(1);
    await world.ask();
    expect(world.asked).toHaveLength(3);
  });

  test("back by less than a second changes nothing, and ages do not fall below 0", async () => {
    await using world = await startWorld();
    world.answers({ headers: { "cache-control": "max-age=600" } });
    await world.ask();
    world.pass(-0.9);
    expect((await world.ask()).header("age")).toBe("0");
    expect(world.asked).toHaveLength(1);
  });

  test("ahead by hours makes what is stored stale", async () => {
    await using world = await startWorld();
    world.answers({ headers: { "cache-control": "max-age=600" } });
    await world.ask();
    world.pass(2 * HOUR);
    await world.ask();
    expect(world.asked).toHaveLength(2);
  });

  test("back: neither stale-while-revalidate nor stale-if-error uses it, max-stale does, with the greatest Age that there is", async () => {
    await using world = await startWorld("{ stale-while-revalidate: 60s, stale-if-error: 60s }");
    world.answers({ headers: { "cache-control": "max-age=2147483648" } });
    await world.ask();
    world.pass(-2 * HOUR);
    const stale = await world.ask({ headers: { "cache-control": "max-stale" } });
    expect([stale.status, stale.header("age"), world.asked.length]).toEqual([200, "2147483648", 1]);
    world.answers({ status: 503 });
    expect((await world.ask()).status).toBe(503);
  });

  test("a Date of the service that is hours ahead or behind is an age, or none, and never a longer life", async () => {
    await using world = await startWorld();
    for (const [seconds, isStored] of [
      [2 * HOUR, true],
      [-2 * HOUR, false],
    ] as const) {
      const path = `/${seconds}`;
      const date = world.date(seconds);
      world.answers({ headers: { "cache-control": "max-age=600", date } });
      await world.ask({ path });
      const before = world.asked.length;
      await world.ask({ path });
      expect(world.asked.length === before).toBe(isStored);
      world.pass(600);
      await world.ask({ path });
      expect(world.asked.length).toBeGreaterThan(before);
    }
  });
});
