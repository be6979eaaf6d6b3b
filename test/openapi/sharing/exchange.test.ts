import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { contentFolder, removeFolder } from "../../../src/openapi/sharing/content-file.ts";
import { DocumentExchange, type Member } from "../../../src/openapi/sharing/exchange.ts";
import type { DocumentsState, Handed } from "../../../src/openapi/sharing/state.ts";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import { until } from "../../support/until.ts";

let folder = "";

beforeEach(async () => {
  folder = (await contentFolder()) ?? "";
});

afterEach(() => removeFolder(folder));

function stateOf(text: string, at = 1): DocumentsState {
  const kept = { users: new TextEncoder().encode(text) };
  return {
    facts: { merged: { at, ms: 1 }, error: undefined, services: [] },
    content: { result: { documents: [], operations: {}, lines: [], sources: [] }, kept },
  };
}

/** A member that notes what it is told, as texts. */
function memberOf(key: string) {
  const told: string[] = [];
  const member: Member = {
    key,
    lead: () => void told.push("lead"),
    adopt: ({ facts, content }) =>
      void told.push(`${Buffer.from(content.kept.users ?? []).toString()} ${facts.merged?.at}`),
  };
  return { member, told };
}

/** Processes of one gateway: what one publishes the others learn, as the parent passes it on. */
function processes(count: number, patienceMs?: number) {
  const { log, logs } = createTestLasting();
  const published: Handed[] = [];
  const all = Array.from({ length: count }, () => new DocumentExchange(patienceMs));
  for (const one of all) {
    one.join({
      folder,
      log,
      publish(handed) {
        published.push(handed);
        for (const other of all) if (other !== one) other.learn(structuredClone(handed));
      },
    });
  }
  return { all: all as [DocumentExchange, DocumentExchange], published, logs };
}

test("what cannot be taken is told, and stops nothing that comes after it", async () => {
  const { all, logs } = processes(2);
  const [first, second] = all;
  const { member, told } = memberOf("a");
  const adopt = member.adopt;
  let isBroken = true;
  member.adopt = (state) => {
    if (isBroken) throw new Error("no");
    adopt(state);
  };
  const leader = memberOf("a");
  first.enter(leader.member);
  first.lead();
  second.enter(member);
  await first.share(leader.member, stateOf("one"));
  await second.settled();
  expect(logs.map(({ message }) => message)).toEqual([
    "what another worker has made of the services' documents cannot be read",
  ]);
  isBroken = false;
  await first.share(leader.member, stateOf("two", 2));
  await second.settled();
  expect(told).toEqual(["two 2"]);
});

describe("a process", () => {
  test("that is alone leads at once, and tells nobody", async () => {
    const exchange = new DocumentExchange();
    const { member, told } = memberOf("a");
    exchange.enter(member);
    expect(told).toEqual(["lead"]);
    await exchange.share(member, stateOf("one"));
    expect(await readdir(folder)).toEqual([]);
  });

  test("that leads hands the others what it has made; what has not changed is not written again", async () => {
    const { all, published } = processes(2);
    const [a, b] = all;
    const [first, second] = [memberOf("k"), memberOf("k")];
    a.lead();
    a.enter(first.member);
    b.enter(second.member);
    const state = stateOf("one");
    await a.share(first.member, state);
    await a.share(first.member, { ...state, facts: { ...state.facts, merged: { at: 2, ms: 1 } } });
    await b.settled();
    expect(first.told).toEqual(["lead"]);
    expect(second.told.at(-1)).toBe("one 2");
    expect(await readdir(folder)).toHaveLength(1);
    expect(new Set(published.map(({ file }) => file)).size).toBe(1);
  });

  test("that does not lead says nothing", async () => {
    const { all, published } = processes(2);
    const { member } = memberOf("k");
    all[0].enter(member);
    await all[0].share(member, stateOf("one"));
    expect(published).toEqual([]);
  });

  test("that takes over begins with what it was told last", async () => {
    const { all } = processes(2);
    const [a, b] = all;
    const [first, second] = [memberOf("k"), memberOf("k")];
    a.lead();
    a.enter(first.member);
    b.enter(second.member);
    await a.share(first.member, stateOf("one"));
    b.lead();
    await b.settled();
    expect(second.told).toEqual(["one 1", "lead"]);
    // What the one before says in the end is too late.
    await a.share(first.member, stateOf("two"));
    await b.settled();
    expect(second.told).toEqual(["one 1", "lead"]);
  });

  test("takes what is of its configuration alone, and has it as it begins with that", async () => {
    const { all } = processes(2);
    const [a, b] = all;
    const old = memberOf("old");
    const next = memberOf("next");
    const leading = memberOf("next");
    b.enter(old.member);
    a.lead();
    a.enter(leading.member);
    await a.share(leading.member, stateOf("one"));
    await b.settled();
    expect(old.told).toEqual([]);
    b.enter(next.member);
    await b.settled();
    expect([old.told, next.told]).toEqual([[], ["one 1"]]);
  });

  test("does not tell of the configuration before while the next one begins", async () => {
    const { all, published } = processes(2);
    const [a] = all;
    const [old, next] = [memberOf("old"), memberOf("next")];
    a.lead();
    a.enter(old.member);
    const leave = a.enter(next.member);
    await a.share(old.member, stateOf("one"));
    expect(published).toEqual([]);
    leave();
    await a.share(old.member, stateOf("one"));
    expect(published.map(({ key }) => key)).toEqual(["old"]);
  });

  test("that is told nothing for long does it by itself", async () => {
    const { all } = processes(1, 1);
    const { member, told } = memberOf("k");
    all[0].enter(member);
    await until(() => told.includes("lead"), { what: "it leads" });
  });

  test("keeps what it has when a file cannot be read, and takes the next one", async () => {
    const { all, logs } = processes(2);
    const [a, b] = all;
    const [first, second] = [memberOf("k"), memberOf("k")];
    a.lead();
    a.enter(first.member);
    b.enter(second.member);
    await a.share(first.member, stateOf("one"));
    await b.settled();
    b.learn({ key: "k", file: `${folder}/nothing`, facts: stateOf("").facts });
    await b.settled();
    expect(second.told).toEqual(["one 1"]);
    expect(logs.some(({ level }) => level === "warn")).toBe(true);
    await a.share(first.member, stateOf("two"));
    await b.settled();
    expect(second.told).toEqual(["one 1", "two 1"]);
  });

  test("that cannot write says so, and tries again", async () => {
    const { all, published, logs } = processes(2);
    const [a] = all;
    const { member } = memberOf("k");
    a.lead();
    a.enter(member);
    const state = stateOf("one");
    await rm(folder, { recursive: true });
    await a.share(member, state);
    expect(published).toEqual([]);
    expect(logs.some(({ level }) => level === "error")).toBe(true);
    await Bun.write(`${folder}/there`, "");
    await a.share(member, state);
    expect(published).toHaveLength(1);
  });
});
