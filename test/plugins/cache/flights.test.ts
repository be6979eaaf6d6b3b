import { fullGC } from "bun:jsc";
import { expect, test } from "bun:test";
import type { Entry } from "../../../plugins/cache/entry.ts";
import { Flights, type Landed } from "../../../plugins/cache/flights.ts";
import { entryOf } from "./entries.ts";

const signal = new AbortController().signal;

test("however many have come and gone, those under way are found, and each goes alone", () => {
  const flights = new Flights();
  const slow = flights.begin("slow", "/slow");
  for (let i = 0; i < 1_000; i++) {
    const flight = flights.begin(`k${i}`, "/k");
    expect([flights.get(`k${i}`), flights.get("slow")]).toEqual([flight, slow]);
    flight.land({ kind: "pass" });
    expect([flights.get(`k${i}`), flights.size]).toEqual([undefined, 1]);
  }
  slow.land({ kind: "pass" });
  expect([flights.get("slow"), flights.size]).toEqual([undefined, 0]);
});

test("what is forgotten is joined by nobody, and neither takes its successor along nor hides it", () => {
  const flights = new Flights();
  const first = flights.begin("a", "/a");
  // So many that the next begins in another map.
  for (let i = 0; i < 300; i++) flights.begin(`k${i}`, "/k").end();
  flights.forget((url) => url === "/a");
  expect(flights.get("a")).toBeUndefined();
  const second = flights.begin("a", "/a");
  first.end();
  expect(flights.get("a")).toBe(second);
});

test("who waits gets what it has brought, also while a content is coming", async () => {
  const flights = new Flights();
  const flight = flights.begin("a", "/a");
  const early = flight.wait(signal);
  const fill = { kind: "fill" } as unknown as Landed;
  flight.land(fill);
  flight.land({ kind: "pass" });
  expect([await early, await flight.wait(signal), flights.get("a")]).toEqual([fill, fill, flight]);
  flight.end();
  expect([await flight.wait(signal), flights.get("a")]).toEqual([{ kind: "pass" }, undefined]);
});

test("one that is over keeps nothing of what it has brought", async () => {
  const flights = new Flights();
  const over: object[] = [];
  const entries = (() => {
    const made: WeakRef<Entry>[] = [];
    for (let i = 0; i < 100; i++) {
      const entry = entryOf(0);
      const flight = flights.begin(`k${i}`, "/k");
      flight.land({ kind: "entry", entry });
      over.push(flight);
      made.push(new WeakRef(entry));
    }
    return made;
  })();
  await new Promise<void>((resolve) => setImmediate(resolve));
  fullGC();
  // The engine may take something on its stack for a reference.
  expect(entries.filter((entry) => entry.deref() !== undefined).length).toBeLessThan(10);
  expect(over).toHaveLength(100);
});
