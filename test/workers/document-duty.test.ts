import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { contentFolder, removeFolder } from "../../src/openapi/sharing/content-file.ts";
import { DocumentDuty } from "../../src/workers/document-duty.ts";
import type { ToWorker } from "../../src/workers/messages.ts";
import { until } from "../support/until.ts";

let folder = "";

beforeEach(async () => {
  folder = (await contentFolder()) ?? "";
});

afterEach(() => removeFolder(folder));

/** Places of workers, with what each was told. */
function places(count: number) {
  const all = Array.from({ length: count }, (_, index) => {
    const told: string[] = [];
    const tell = (message: ToWorker) => {
      told.push(message.kind === "documents" ? `has ${message.handed.key}` : message.kind);
    };
    return { worker: index + 1, isServing: true, told, tell };
  });
  const told = () => all.map((place) => place.told.splice(0));
  return { all: all as [Place, Place, Place], told };
}

interface Place {
  readonly worker: number;
  isServing: boolean;
  readonly told: string[];
  tell(message: ToWorker): void;
}

async function handed(name: string) {
  const file = `${folder}/${name}`;
  await Bun.write(file, name);
  return { key: name, file, facts: { merged: undefined, error: undefined, services: [] } };
}

test("one is told once, and what it makes goes to all others; what others say goes to nobody", async () => {
  const { all, told } = places(3);
  const duty = new DocumentDuty<Place>(folder);
  for (const place of all) await duty.review(all, place);
  expect(told()).toEqual([["documents-duty"], [], []]);
  duty.pass(await handed("one"), 1, all);
  duty.pass(await handed("other"), 2, all);
  expect(told()).toEqual([[], ["has one"], ["has one"]]);
  await until(async () => (await readdir(folder)).join() === "one", { what: "the other's file is removed" });
});

test("when it ends another takes over; one that is new learns what is known", async () => {
  const { all, told } = places(2);
  const [first, second] = all;
  const duty = new DocumentDuty<Place>(folder);
  await duty.review(all, first);
  duty.pass(await handed("one"), 1, all);
  told();
  await Bun.write(`${folder}/half.part`, "");
  first.isServing = false;
  await duty.review(all, first);
  expect(told()).toEqual([[], ["documents-duty"]]);
  await until(async () => (await readdir(folder)).join() === "one", { what: "what it was writing is removed" });
  first.isServing = true;
  await duty.review(all, first);
  expect(told()).toEqual([["has one"], []]);
  second.isServing = false;
  first.isServing = false;
  await duty.review(all, second);
  expect(duty.holder).toBeUndefined();
  second.isServing = true;
  await duty.review(all, second);
  expect(told()).toEqual([[], ["has one", "documents-duty"]]);
});

test("files before the last two are removed", async () => {
  const { all } = places(2);
  const duty = new DocumentDuty<Place>(folder);
  await duty.review(all, all[0]);
  for (const name of ["1", "2", "3", "4"]) duty.pass(await handed(name), 1, all);
  await until(async () => (await readdir(folder)).sort().join() === "3,4", { what: "two are left" });
  duty.pass({ ...(await handed("4")), key: "again" }, 1, all);
  expect((await readdir(folder)).sort()).toEqual(["3", "4"]);
});

test("without a folder nobody has the duty: each does all by itself", async () => {
  const { all, told } = places(2);
  const duty = new DocumentDuty<Place>(undefined);
  await duty.review(all, all[0]);
  expect([duty.holder, told()]).toEqual([undefined, [[], [], []].slice(0, 2)]);
});
