import { expect, test } from "bun:test";
import { brief, load } from "./workspace.ts";

/** The problems of a service with this content, and of its file of targets, in brief. */
async function problemsOf(service: string, targets = "targets: [http://a]"): Promise<readonly string[]> {
  const text = `services: { users: { ${service} } }\nroutes: [{ path: /, service: users }]\n`;
  return (await load({ "gateway.yaml": text, "targets.yaml": targets })).problems.map(brief);
}

test("every source may stand alone or beside targets", async () => {
  const good = [
    "discover: { dns: users.internal }",
    "targets: [http://a], discover: { dns: users.internal., port: 8080, servers: ['10.0.0.2', '[::1]:53'] }",
    "discover: { srv: _http._tcp.users.internal, scheme: https, servers: ['127.0.0.1:8600'] }",
    "discover: { file: ./targets.yaml }",
    "discover: { consul: { service: users, tag: v2, url: 'https://consul:8501' } }",
    "discover: { kubernetes: { service: users, port: http } }",
    "discover: { kubernetes: { service: users, port: 8080, namespace: shop } }",
    "targets: [{ url: http://a, weight: 0 }], discover: { dns: users.internal }",
  ];
  for (const service of good) expect([service, await problemsOf(service)]).toEqual([service, []]);
});

test.each([
  ["", "1:13 services.users: a service needs targets (add targets, or discover)"],
  ["targets: []", "1:13 services.users: a service needs targets (add targets, or discover)"],
  ["discover: {}", "1:32 services.users.discover: discover needs a source: dns, srv, file, consul or kubernetes"],
  [
    "discover: { dns: a.b, srv: c.d }",
    "1:49 services.users.discover.srv: discover has one source, and dns is here already (make a service of each)",
  ],
  ["discover: { srv: c.d, port: 80 }", "1:50 services.users.discover.port: port has no effect with srv"],
  [
    "discover: { kubernetes: { service: a }, port: 80 }",
    "1:68 services.users.discover.port: port has no effect with kubernetes (write it inside kubernetes)",
  ],
  [
    "discover: { consul: { service: a }, servers: ['10.0.0.1'] }",
    "1:67 services.users.discover.servers: servers has no effect with consul",
  ],
  [
    "discover: { dns: a.b, servers: ['10.0.0.1:99999'] }",
    '1:54 services.users.discover.servers[0]: expected the IP address of a DNS server, perhaps with a port, found "10.0.0.1:99999" (for example 10.0.0.2 or 127.0.0.1:8600)',
  ],
  [
    "discover: { dns: 'http://a:80' }",
    '1:39 services.users.discover.dns: expected the name of a host, found "http://a:80"',
  ],
  ["discover: { dns: 10.0.0.1 }", '1:39 services.users.discover.dns: expected the name of a host, found "10.0.0.1"'],
  ["discover: { dns: a.b, min-ttl: 0s }", "1:53 services.users.discover.min-ttl: expected at least 1s"],
  ["discover: { dns: a.b, min-ttl: 5m }", "1:53 services.users.discover.min-ttl: min-ttl is more than max-ttl"],
  [
    "discover: { consul: { service: a, url: 'http://me:pw@c' } }",
    "1:61 services.users.discover.consul.url: expected http://host:port or https://host:port (without a path, and without credentials)",
  ],
  [
    "discover: { kubernetes: { service: a, url: 'k:6443' } }",
    "1:65 services.users.discover.kubernetes.url: expected http://host:port or https://host:port (without a path, and without credentials)",
  ],
  [
    "discover: { kubernetes: { service: a, port: 70000 } }",
    "1:66 services.users.discover.kubernetes.port: expected a whole number from 1 to 65535, found the number 70000",
  ],
  [
    "discover: { consul: { service: a, tga: b } }",
    '1:56 services.users.discover.consul.tga: unknown key "tga" (did you mean "tag"?)',
  ],
])("%s is a mistake", async (service, problem) => {
  expect(await problemsOf(service)).toEqual([problem]);
});

test("mistakes in a file of targets are told with their place in it", async () => {
  const service = "discover: { file: targets.yaml }";
  expect(
    await problemsOf(service, "targets:\n  - http://a\n  - http://A:80/\n  - { url: http://b, wieght: 2 }\n"),
  ).toEqual([
    '3:5 targets[1]: the target "http://A:80/" is here twice (give one of them more weight)',
    '4:22 targets[2].wieght: unknown key "wieght" (did you mean "weight"?)',
  ]);
  expect(await problemsOf(service, "- http://a\n")).toEqual(["1:1 : expected a map, found a list"]);
});
