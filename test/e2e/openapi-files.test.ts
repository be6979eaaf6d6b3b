import { describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { openapi } from "../../src/cli/openapi.ts";
import { runCommand } from "../cli/run.ts";
import { startGateway } from "../support/gateway.ts";
import { pathsOf, publishing, refresh, untilStates } from "../support/published.ts";
import { startRedis } from "../support/redis.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

const json = (schema: unknown) => ({ 200: { description: "", content: { "application/json": { schema } } } });
const USERS = { get: { operationId: "users", responses: json({ $ref: "schemas/user.yaml" }) } };
const MAIN = JSON.stringify({ openapi: "3.0.3", info: { title: "u", version: "1" }, paths: { "/users": USERS } });
const FILES: Readonly<Record<string, string>> = {
  "/openapi.json": MAIN,
  "/schemas/user.yaml":
    "type: object\nproperties:\n  id: { type: string }\n  address: { $ref: address.json#/Address }\n",
  "/schemas/address.json": '{"Address":{"type":"object","properties":{"city":{"type":"string"}}}}',
};

/** Blanks that never end. */
function drip(): ReadableStream {
  return new ReadableStream({
    async pull(controller) {
      await Bun.sleep(20);
      controller.enqueue(Buffer.from(" "));
    },
  });
}

type Answer = (request: Request) => Response | undefined;

interface FilesService extends AsyncDisposable {
  readonly url: string;
  /** The path, the ETag and the key of each question. */
  readonly asked: string[];
  readonly files: Record<string, string>;
  answer: Answer | undefined;
}

/** A service whose document is in several files; `answer` goes before them. */
function startFiles(files: Readonly<Record<string, string>> = FILES): FilesService {
  const asked: string[] = [];
  const current: Record<string, string> = { ...files };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      const own = service.answer?.(request);
      const content = current[pathname];
      asked.push(`${pathname} ${request.headers.get("if-none-match")} ${request.headers.get("x-key")}`);
      if (own !== undefined) return own;
      if (content === undefined) return new Response("no", { status: 404 });
      const etag = `"${Bun.hash(content)}"`;
      const isSame = request.headers.get("if-none-match") === etag;
      return new Response(isSame ? null : content, { status: isSame ? 304 : 200, headers: { etag } });
    },
  });
  const service: FilesService = {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    files: current,
    answer: undefined,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
  return service;
}

interface Schemas {
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const published = async (port: number) =>
  (await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json()) as Schemas;

describe("a document of several files", () => {
  test("is published as one, asked for with the headers of its own, and again when a file has changed", async () => {
    await using users = startFiles();
    const yaml = publishing({ users: users.url }).replace(
      "openapi: /openapi.json",
      "openapi: { path: /openapi.json, headers: { X-Key: k1 } }",
    );
    await using gateway = await startGateway(yaml);
    await untilStates(gateway, { users: "fresh" });
    const { schemas } = (await published(gateway.port)).components;
    expect(schemas.user).toEqual({
      type: "object",
      properties: { id: { type: "string" }, address: { $ref: "#/components/schemas/Address" } },
    });
    expect(schemas.Address).toMatchObject({ properties: { city: { type: "string" } } });
    expect(users.asked.every((line) => line.endsWith(" k1"))).toBe(true);

    users.asked.length = 0;
    expect((await refresh(gateway)).services[0]?.state).toBe("fresh");
    expect(users.asked).toHaveLength(3);
    expect(users.asked.join()).not.toContain("null");

    users.files["/schemas/address.json"] = '{"Address":{"type":"string"}}';
    await refresh(gateway);
    expect((await published(gateway.port)).components.schemas.Address).toEqual({ type: "string" });
  });

  test("stays as it was while one of its files cannot be had, and follows no redirect", async () => {
    await using users = startFiles();
    await using elsewhere = startFiles({ "/schemas/address.json": '{"Address":{"type":"number"}}' });
    await using gateway = await startGateway(publishing({ users: users.url }));
    await untilStates(gateway, { users: "fresh" });
    const before = await published(gateway.port);

    const failing = (answer: () => Response): Answer => {
      return ({ url }) => (url.endsWith("/address.json") ? answer() : undefined);
    };
    users.answer = failing(() => new Response("no", { status: 503 }));
    expect((await refresh(gateway)).services[0]).toMatchObject({
      state: "stale",
      error: { message: "/schemas/address.json: the answer has the status 503" },
    });
    expect(await published(gateway.port)).toEqual(before);

    users.answer = failing(() => Response.redirect(`${elsewhere.url}/schemas/address.json`));
    const report = await refresh(gateway);
    expect(report.services[0]?.state).toBe("fresh");
    expect(report.lines.map(({ message }) => message)).toEqual([
      "/schemas/address.json#/Address leads nowhere: the answer is a redirect (302), which is not followed",
    ]);
    expect(elsewhere.asked).toEqual([]);

    users.answer = undefined;
    expect((await refresh(gateway)).lines).toEqual([]);
    expect(await published(gateway.port)).toEqual(before);
  });

  const documentWith = (schemas: unknown) =>
    JSON.stringify({ openapi: "3.1.0", info: {}, paths: {}, components: { schemas } });

  test("is within bounds: of its bytes, and of the number of its files", async () => {
    const ref = (name: string) => [name, { $ref: `${name}.json` }] as const;
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => ref(`x${i}`)));
    const both = documentWith(Object.fromEntries([ref("a"), ref("b")]));
    const text = (length: number) => `"${"x".repeat(length)}"`;
    await using big = startFiles({ "/openapi.json": both, "/a.json": text(70_000) });
    await using bigger = startFiles({ "/openapi.json": both, "/a.json": text(40_000), "/b.json": text(40_000) });
    await using crowd = startFiles({ "/openapi.json": documentWith(many) });
    const services = { big: big.url, bigger: bigger.url, crowd: crowd.url };
    await using gateway = await startGateway(publishing(services, "refresh: 1h, max-bytes: 64kb, timeout: 20s"));
    const report = await untilStates(gateway, { big: "missing", bigger: "missing", crowd: "missing" });
    expect(report.services.map(({ error }) => error?.message)).toEqual([
      "/a.json: it is longer than openapi.max-bytes, 65536 bytes",
      expect.stringMatching(/^\/[ab]\.json: with its files it is longer than openapi\.max-bytes$/),
      "it has more than 100 files",
    ]);
  }, 60_000);

  test("has to be there in time", async () => {
    await using slow = startFiles({ "/openapi.json": documentWith({ a: { $ref: "a.json" } }) });
    slow.answer = ({ url }) => (url.endsWith("/a.json") ? new Response(drip()) : undefined);
    await using gateway = await startGateway(publishing({ slow: slow.url }, "refresh: 1h, timeout: 700ms"));
    const report = await untilStates(gateway, { slow: "missing" });
    expect(report.services[0]?.error?.message).toMatch(/not come within 700 ms/);
  }, 60_000);

  test("is there after a restart, and is asked for as a whole when a file has changed", async () => {
    await using redis = await startRedis();
    await using users = startFiles();
    const yaml = publishing({ users: users.url }, "refresh: 1h", `redis: { url: "${redis.url}", command-timeout: 2s }`);
    const first = await startGateway(yaml);
    await untilStates(first, { users: "fresh" });
    await until(async () => (await redis.cli("keys", "*")).includes("openapi:document:2:users"));
    await first.stop();

    users.answer = () => new Response("no", { status: 503 });
    await using gateway = await startGateway(yaml);
    await untilStates(gateway, { users: "stale" });
    expect(Object.keys((await published(gateway.port)).components.schemas)).toContain("Address");
    users.answer = undefined;
    users.asked.length = 0;
    expect((await refresh(gateway)).services[0]?.state).toBe("fresh");
    expect(users.asked).toHaveLength(3);
    users.files["/schemas/address.json"] = '{"Address":{"type":"string"}}';
    await refresh(gateway);
    expect((await published(gateway.port)).components.schemas.Address).toEqual({ type: "string" });
  });

  test("may be in files, which stay in their folder whatever links there are; on the command line too", async () => {
    using folder = tempFolder();
    folder.write("secret.json", '{"type":"object","title":"SECRET"}');
    folder.write("docs/schemas/user.yaml", FILES["/schemas/user.yaml"] ?? "");
    folder.write("docs/schemas/address.json", FILES["/schemas/address.json"] ?? "");
    const linked = { get: { responses: json({ $ref: "link.json" }) } };
    const above = { get: { responses: json({ $ref: "../secret.json" }) } };
    const paths = { "/users": USERS, "/linked": linked, "/above": above };
    folder.write("docs/openapi.json", JSON.stringify({ openapi: "3.1.0", info: { title: "u", version: "1" }, paths }));
    symlinkSync(folder.file("secret.json"), folder.file("docs/link.json"));
    const yaml = publishing({ users: "http://127.0.0.1:9" }).replace(
      "openapi: /openapi.json",
      "openapi: docs/openapi.json",
    );
    await using gateway = await startGateway(yaml.replace("/api/users/*", "/api/*"), { folder: folder.path });
    const report = await untilStates(gateway, { users: "fresh" });
    expect(await pathsOf(gateway)).toEqual(["/api/above", "/api/linked", "/api/users"]);
    const reasons = [
      "../secret.json leads nowhere: it leads out of the folder of the document",
      "link.json leads nowhere: it leads out of the folder of the document",
    ];
    expect(report.lines.map(({ message }) => message).toSorted()).toEqual(reasons);

    const { exitCode, out, err } = await runCommand(openapi, folder.path, ["merge"]);
    expect(exitCode).toBe(0);
    for (const reason of reasons) expect(err).toContain(reason);
    expect(JSON.parse(out)).toEqual(await published(gateway.port));
    expect(out).not.toContain("SECRET");
  });
});
