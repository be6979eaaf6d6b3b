import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import ipRestriction from "../../../plugins/ip-restriction/index.ts";
import { type PluginTest, testPlugin } from "../../../src/testing.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";
import { until } from "../../support/until.ts";

let folder: TempFolder;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder.remove());

function open(options: Record<string, unknown>): Promise<PluginTest> {
  return testPlugin(ipRestriction, { refresh: "10ms", ...options }, { directory: folder.path });
}

async function isLetIn(t: PluginTest, clientAddress: string): Promise<boolean> {
  return (await t.request({ peer: { clientAddress } })).outcome.attempts === 1;
}

/** Replaces the file as a whole, as one should. */
function replace(name: string, text: string): void {
  renameSync(folder.write(`${name}.new`, text), join(folder.path, name));
}

describe("a file of addresses", () => {
  test("is a list as the options are, with comments and empty lines, and is added to them", async () => {
    folder.write("friends.txt", "# friends\r\n10.0.0.0/8   # the office\r\n\r\n2001:db8::/32\r\n");
    folder.write("enemies.txt", "10.66.0.0/16");
    const t = await open({ allow: ["192.0.2.7"], "allow-file": "friends.txt", "deny-file": "enemies.txt" });
    const addresses = ["10.1.1.1", "2001:db8::5", "192.0.2.7", "10.66.0.1", "192.0.2.8"];
    const letIn = await Promise.all(addresses.map((address) => isLetIn(t, address)));
    expect(letIn).toEqual([true, true, true, false, false]);
    await t.close();
  });

  test("without an entry lets nobody in, or denies nobody", async () => {
    folder.write("empty.txt", "# nobody\n");
    const allow = await open({ "allow-file": "empty.txt" });
    expect(await isLetIn(allow, "10.0.0.1")).toBe(false);
    const deny = await open({ "deny-file": "empty.txt" });
    expect(await isLetIn(deny, "10.0.0.1")).toBe(true);
    await Promise.all([allow.close(), deny.close()]);
  });

  test("is read again when it has changed", async () => {
    folder.write("enemies.txt", "10.0.0.1\n");
    const t = await open({ "deny-file": "enemies.txt" });
    expect(await isLetIn(t, "10.0.0.2")).toBe(true);
    replace("enemies.txt", "10.0.0.2\n");
    await until(async () => !(await isLetIn(t, "10.0.0.2")), { what: "the new list counts" });
    expect(await isLetIn(t, "10.0.0.1")).toBe(true);
    expect(t.logs).toMatchObject([{ level: "info", message: "a list of addresses has changed" }]);
    await t.close();
  });

  test("that is broken or gone leaves the last list as it is, says so once, and is taken when it is good again", async () => {
    folder.write("friends.txt", "10.0.0.1\n");
    folder.write("others.txt", "");
    const t = await open({ "allow-file": "friends.txt", "deny-file": "others.txt" });
    const looks = () => t.logs.filter(({ level }) => level === "info").length;
    replace("friends.txt", "10.0.0.1\n10.0.0.300\n");
    const errors = () =>
      t.logs.filter(({ level }) => level === "error").map(({ fields }) => (fields.error as Error).message);
    await until(() => errors().length === 1, { what: "it was said" });
    // The other file is looked at as often: once its changes are seen, this one was looked at again.
    for (let look = 1; look <= 3; look++) {
      replace("others.txt", "# changed\n".repeat(look));
      await until(() => looks() === look, { what: "the other list was read again" });
    }
    expect(errors()).toEqual(['line 2: expected an address or a CIDR, found "10.0.0.300"']);
    rmSync(join(folder.path, "friends.txt"));
    await until(() => errors().length === 2, { what: "the loss was said" });
    expect(errors()[1]).toContain("ENOENT");
    expect([await isLetIn(t, "10.0.0.1"), await isLetIn(t, "10.0.0.2")]).toEqual([true, false]);
    folder.write("friends.txt", "10.0.0.2\n");
    await until(() => isLetIn(t, "10.0.0.2"), { what: "the good list counts" });
    expect(errors()).toHaveLength(2);
    await t.close();
  });

  test("is one for all instances, as long as one of them is there", async () => {
    folder.write("enemies.txt", "10.0.0.1\n");
    const first = await open({ "deny-file": "enemies.txt" });
    const second = await first.again();
    await first.close();
    replace("enemies.txt", "10.0.0.2\n");
    await until(async () => !(await isLetIn(second, "10.0.0.2")), { what: "the second is told" });
    expect(first.logs).toHaveLength(1);
    await second.close();
    replace("enemies.txt", "10.0.0.3\n");
    const third = await first.again();
    expect(await isLetIn(third, "10.0.0.3")).toBe(false);
    for (const last of [4, 5]) {
      replace("enemies.txt", `10.0.0.${last}\n`);
      await until(async () => !(await isLetIn(third, `10.0.0.${last}`)), { what: "the third is told" });
    }
    // The file that the second had was not looked at any more.
    expect([await isLetIn(second, "10.0.0.5"), first.logs.length]).toEqual([true, 3]);
    await third.close();
  });

  test("is not looked at all the time when the time between is longer than a timer can wait", async () => {
    folder.write("enemies.txt", "10.0.0.1\n");
    const t = await open({ "deny-file": "enemies.txt", refresh: "30d" });
    replace("enemies.txt", "10.0.0.2\n");
    await Bun.sleep(50);
    expect(await isLetIn(t, "10.0.0.1")).toBe(false);
    await t.close();
  });

  test("that has changed is read by a reload at once", async () => {
    folder.write("enemies.txt", "10.0.0.1\n");
    const t = await open({ "deny-file": "enemies.txt", refresh: "1h" });
    replace("enemies.txt", "10.0.0.2\n");
    const reloaded = await t.again();
    expect(await isLetIn(reloaded, "10.0.0.2")).toBe(false);
    await Promise.all([t.close(), reloaded.close()]);
  });
});

describe("what is refused at load", () => {
  test.each([
    [
      "a line that is none",
      "10.0.0.1\nlocalhost\n",
      'deny-file: line 2: expected an address or a CIDR, found "localhost"',
    ],
    [
      "two on a line",
      "10.0.0.1 10.0.0.2",
      'deny-file: line 1: expected an address or a CIDR, found "10.0.0.1 10.0.0.2"',
    ],
    ["too many", "10.0.0.1\n".repeat(10_001), "deny-file: it has 10001 entries, more than 10000"],
    ["too large", "#".repeat(1_048_577), "deny-file: it has 1048577 bytes, more than 1048576"],
  ])("%s", async (_, text, message) => {
    folder.write("list.txt", text);
    await expect(open({ "deny-file": "list.txt" })).rejects.toThrow(message);
  });

  test("a file that is not there, at the place where it is named", async () => {
    const message = 'allow-file: expected the path of a file that can be read, found "none.txt": there is no such file';
    await expect(open({ "allow-file": "none.txt" })).rejects.toThrow(message);
  });

  test("looking too often", async () => {
    await expect(open({ deny: ["10.0.0.1"], refresh: "9ms" })).rejects.toThrow("refresh: expected 10ms or more");
  });
});
