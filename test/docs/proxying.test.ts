import { describe, expect, test } from "bun:test";
import { resolveClient, stripUntrusted } from "../../src/edge/forwarded.ts";
import { isDisguised, isHopByHop } from "../../src/http1/hop.ts";
import { CidrSet } from "../../src/message/cidr.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { isIdempotent } from "../../src/upstream/idempotent.ts";
import { blocksOf, codeIn, readPage, sectionOf } from "./pages.ts";

/** The point of a list that has these words. */
function pointWith(text: string, words: string): string {
  const points = text.split(/^- /m).map((one) => one.split("\n\n")[0] ?? "");
  const point = points.find((one) => one.replaceAll("\n  ", " ").includes(words));
  if (point === undefined) throw new Error(`no point has ${JSON.stringify(words)}`);
  return point;
}

describe("docs/services.md", () => {
  const page = readPage("docs/services.md");
  const received = sectionOf(page, "What the service gets");

  test("names headers that are removed as those of a connection", () => {
    const names = codeIn(pointWith(received, "about the client's connection")).filter((name) => !name.includes(":"));
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !isHopByHop(name.toLowerCase()))).toEqual([]);
  });

  test("names headers that are removed unless a trusted proxy sent them", () => {
    const names = codeIn(pointWith(received, "no trusted proxy")).filter((name) => name.length > 1);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names.flatMap((one) => [one, one.replaceAll("-", "_")])) {
      const headers = new HeaderList([name.toLowerCase().replace("*", "any"), "x", "accept", "*/*"]);
      stripUntrusted(headers);
      expect([name, ...headers.flat]).toEqual([name, "accept", "*/*"]);
    }
  });

  test("names headers that are removed from everybody", () => {
    const names = codeIn(pointWith(received, "from everybody")).filter(
      (name) => name.length > 1 && name !== "HTTP_PROXY",
    );
    expect(names.length).toBeGreaterThan(4);
    expect(names.filter((name) => !isDisguised(name.toLowerCase()))).toEqual([]);
  });

  test("names the methods that are sent again", () => {
    const section = sectionOf(page, "Connections that the target has closed");
    const methods = codeIn(pointWith(section, "the method is")).filter((code) => /^[A-Z]+$/.test(code));
    expect(methods).toEqual(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
    expect(methods.every(isIdempotent)).toBe(true);
  });
});

describe("docs/listeners.md", () => {
  const page = readPage("docs/listeners.md");

  test("tells what becomes of the headers of its load balancer", () => {
    const [headers = ""] = blocksOf(page, "http").map(({ text }) => text);
    const yaml = blocksOf(page, "yaml").find(({ text }) => text.includes("trusted-proxies"))?.text ?? "";
    const config = Bun.YAML.parse(yaml) as { listen: { "trusted-proxies": string[] }; routes: { host: string }[] };
    const lines = headers
      .trim()
      .split("\n")
      .flatMap((line) => line.split(/: (.*)/, 2));
    const list = new HeaderList(lines.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)));
    const client = resolveClient("10.0.1.7", list, new CidrSet(config.listen["trusted-proxies"]));
    expect(client).toEqual({
      clientAddress: "203.0.113.9",
      isTrustedProxy: true,
      scheme: "https",
      host: config.routes[0]?.host,
    });
    expect(sectionOf(page, "Trusted proxies")).toContain(`${client.clientAddress} is not, so`);
  });
});
