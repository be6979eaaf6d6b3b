import { describe, expect, test } from "bun:test";
import { targetFault } from "../../src/config/target-url.ts";
import { brief, briefs, problemsOf } from "./workspace.ts";

const USERS = "services:\n  users: { targets: ['http://127.0.0.1:4001'] }\n";
const ROUTE = "routes:\n  - { path: /users, service: users }\n";

test("services have names that logs and URLs can hold", async () => {
  const target = '{ targets: ["http://127.0.0.1:1"] }';
  const text = `services: { "x\\ny": ${target}, "": ${target}, a.b-c_1: ${target} }\nroutes: [{ path: /, service: a.b-c_1 }]\n`;
  const told = (await briefs(text)).filter((problem) => problem.includes("cannot be the name"));
  expect(told.map((problem) => problem.split(" cannot")[0])).toEqual([
    '1:13 services["x\\ny"]: "x\\ny"',
    '1:58 services[""]: ""',
  ]);
});

test.each([
  ["x y", '"x y" cannot be the name of a header'],
  ["Content-Length", '"content-length" is the gateway\'s own'],
  ["Via", '"via" is the gateway\'s own'],
  ["X-Forwarded-For", '"x-forwarded-for" is the gateway\'s own'],
])("deadline-header %p is no header for that", async (name, message) => {
  const service = `{ targets: ['http://127.0.0.1:1'], deadline-header: '${name}' }`;
  expect(await briefs(`services: { a: ${service} }\nroutes: [{ path: /, service: a }]\n`)).toEqual([
    expect.stringContaining(`services.a.deadline-header: ${message} (for example x-request-timeout-ms)`),
  ]);
});

test("hash-on names a header that there can be", async () => {
  const service = "{ targets: ['http://127.0.0.1:1'], balance: consistent-hash, hash-on: { header: 'x y' } }";
  expect(await briefs(`services: { a: ${service} }\nroutes: [{ path: /, service: a }]\n`)).toEqual([
    expect.stringContaining('services.a.hash-on.header: "x y" cannot be the name of a header'),
  ]);
});

test("top-level keys that begin with x- are the user's own, a place for anchors", async () => {
  const text = "x-base: &base { targets: ['http://127.0.0.1:1'] }\nservices: { a: { <<: *base } }\n";
  expect(await briefs(`${text}routes: [{ path: /, service: a, x-note: 1 }]\n`)).toEqual([
    expect.stringContaining('routes[0].x-note: unknown key "x-note"'),
  ]);
});

describe("routes", () => {
  const routes = (...lines: readonly string[]) =>
    briefs(`${USERS}routes:\n${lines.map((line) => `  - ${line}\n`).join("")}`);

  test("go to services that exist", async () => {
    expect(
      await routes("{ path: /a, service: usres }", "{ path: /b, weighted: [{ service: user, weight: 1 }] }"),
    ).toEqual([
      '4:26 routes[0].service: expected the name of a service, found "usres" (did you mean "users"?)',
      '5:39 routes[1].weighted[0].service: expected the name of a service, found "user" (did you mean "users"?)',
    ]);
    expect(await briefs("routes: [{ path: /a, service: constructor }]\n")).toEqual([
      '1:31 routes[0].service: expected the name of a service, found "constructor" (there are no services yet)',
    ]);
  });

  test("tell what is wrong with their paths beside any other mistake", async () => {
    expect(await routes("{ path: users, service: users, timeout: 3 }")).toEqual([
      expect.stringContaining("routes[0].path:"),
      expect.stringContaining('routes[0].timeout: unknown key "timeout"'),
    ]);
  });

  test("go somewhere, and to one place", async () => {
    expect(
      await routes(
        "{ path: /a, service: users, weighted: [{ service: users, weight: 1 }] }",
        "{ path: /b }",
        "{ path: /c, plugins: { slow: {} } }",
        "{ path: /d, plugins: { respond: { status: 204 } } }",
      ),
    ).toEqual([
      "4:43 routes[0].weighted: a route has either service or weighted, this one has both",
      "5:5 routes[1]: this route leads nowhere (give it a service, or a plugin that answers, such as respond)",
      "6:5 routes[2]: this route leads nowhere (give it a service, or a plugin that answers, such as respond)",
    ]);
  });

  test("may be answered by a global plugin, unless they switch it off", async () => {
    const text =
      "plugins: { respond: { status: 204 } }\nroutes:\n  - { path: /a }\n  - { path: /b, plugins: { respond: false } }\n";
    expect((await briefs(text)).map((problem) => problem.split(" (")[0])).toEqual([
      "4:5 routes[1]: this route leads nowhere",
    ]);
  });

  test("are not told to lead nowhere while the plugin that may answer has a problem", async () => {
    expect(await routes("{ path: /a, plugins: { respnd: {} } }", "{ path: /b, service: users }")).toHaveLength(1);
  });

  test("need a weight above 0, and name a service once", async () => {
    const users = "{ service: users, weight: 0 }";
    expect(await routes(`{ path: /a, weighted: [${users}, ${users}] }`)).toEqual([
      "4:27 routes[0].weighted: every weight is 0: no service gets a request",
      "4:70 routes[0].weighted[1].service: this service is here twice",
    ]);
  });

  test("have names of their own", async () => {
    expect(
      await routes(
        "{ name: a, path: /a, service: users }",
        "{ name: b, path: /b, service: users }",
        "{ name: a, path: /c, service: users }",
      ),
    ).toEqual(["6:13 routes[2].name: another route has this name: routes[0] on line 4 of gateway.yaml"]);
  });

  test("have patterns that can be matched", async () => {
    const problems = await routes("{ path: users, service: users }", '{ path: "~^/v[12", service: users }');
    expect(problems.map((problem) => problem.split(": ")[0])).toEqual(["4:13 routes[0].path", "5:13 routes[1].path"]);
  });

  test("can be reached", async () => {
    const problems = await routes(
      "{ path: /a, service: users }",
      "{ path: /a, methods: [GET], service: users }",
      "{ path: /a, service: users }",
    );
    expect(problems).toEqual([
      "6:13 routes[2].path: this route is never reached: routes[0] on line 4 of gateway.yaml takes every request it would",
    ]);
  });
});

describe("services", () => {
  const service = (text: string) => briefs(`services:\n  users: ${text}\n${ROUTE}`);

  test("that no route uses are a warning", async () => {
    const problems = await problemsOf(`${USERS}  spare: { targets: ['http://a'] }\n${ROUTE}`);
    expect(problems.map((problem) => `${problem.severity} ${brief(problem)}`)).toEqual([
      'warning 3:3 services.spare: no route uses the service "spare"',
    ]);
  });

  test("have each target once, however it is written", async () => {
    expect(
      await service("{ targets: [http://a, 'http://A:80/', { url: https://a }, { url: http://a, weight: 2 }] }"),
    ).toEqual([
      '2:32 services.users.targets[1]: the target "http://A:80/" is here twice (give one of them more weight)',
      '2:75 services.users.targets[3].url: the target "http://a" is here twice (give one of them more weight)',
    ]);
  });

  test("need a target with a weight", async () => {
    expect(await service("{ targets: [{ url: http://a, weight: 0 }] }")).toEqual([
      "2:21 services.users.targets: every target has the weight 0: none gets a request",
    ]);
    expect(await service("{ targets: [{ url: '${NOPE}', weight: 0 }] }")).toEqual([
      "2:29 services.users.targets[0].url: the variable NOPE is not set (set it, or give a default: ${NOPE:-default})",
    ]);
  });

  test("hash if and only if they know what", async () => {
    expect(await service("{ targets: [http://a], balance: consistent-hash }")).toEqual([
      "2:42 services.users.balance: consistent-hash needs to know what to hash (add hash-on: ip, for example)",
    ]);
    expect(await service("{ targets: [http://a], hash-on: ip }")).toEqual([
      "2:42 services.users.hash-on: hash-on has no effect with round-robin (set balance: consistent-hash)",
    ]);
    expect(await service("{ targets: [http://a], balance: consistent-hash, hash-on: { cookie: id } }")).toEqual([]);
  });

  test("have a client certificate with its key", async () => {
    const problems = await service("{ targets: [https://a], tls: { cert: gateway.yaml } }");
    expect(problems).toEqual(["2:47 services.users.tls.cert: a client certificate needs its key (add tls.key)"]);
    expect(await service("{ targets: [https://a], tls: { key: gateway.yaml } }")).toHaveLength(1);
    expect(await service("{ targets: [https://a], tls: { key: gateway.yaml, cert: gateway.yaml } }")).toEqual([
      "2:66 services.users.tls.cert: no PEM certificate is in this file",
    ]);
  });
});

describe("targetFault", () => {
  test("takes http, https and unix", () => {
    const urls = [
      "http://a",
      "https://a.example:8443",
      "http://127.0.0.1:1/",
      "http://[::1]:80",
      "unix:/run/a.sock",
      "HTTP://A",
    ];
    expect(urls.map(targetFault)).toEqual(urls.map(() => undefined));
  });

  test.each([
    ["localhost:4001", "the scheme is missing"],
    ["users", "the scheme is missing"],
    ["ftp://a", "ftp is not understood"],
    ["http://", "the host is missing"],
    ["http:///x", "the host is missing"],
    ["http://a b", "the host or the port is not valid"],
    ["http://a:port", "the host or the port is not valid"],
    ["http://a:0", "a port is from 1 to 65535"],
    ["http://a:65536", "a port is from 1 to 65535"],
    ["http://[::1", "the host or the port is not valid"],
    ["http://[1:2]", "the host is not valid"],
    ["http://a/v1", "a target has no path"],
    ["http://a?x=1", "a target has no query and no fragment"],
    ["http://a#x", "a target has no query and no fragment"],
    ["http://me:secret@a", "credentials have no place in a URL"],
    ["unix:run/a.sock", "the absolute path of a socket"],
    ["unix:///run/a.sock", "the absolute path of a socket"],
  ])("refuses %s", (url, message) => {
    expect(targetFault(url)?.message).toContain(message);
    expect(targetFault(url)?.message).not.toContain("secret");
  });
});

describe("ports", () => {
  const gateway = (text: string) => briefs(`${text}\n${USERS}${ROUTE}`);

  test("are each used once", async () => {
    expect(
      await gateway(
        "listen: [{ port: 80 }, { port: 81, host: 127.0.0.1 }, { port: 80, host: 10.0.0.1 }]\nadmin: { port: 81 }",
      ),
    ).toEqual([
      "1:63 listen[2].port: two listeners share the port 80",
      "2:16 admin.port: the admin port 81 is a listener's port too",
    ]);
    expect(await gateway("listen: [{ port: 80, host: 10.0.0.1 }, { port: 80 }]")).toHaveLength(1);
    expect(await gateway("listen: { port: 9090 }")).toEqual([
      "1:1 admin.port: the admin port 9090 is a listener's port too",
    ]);
  });

  test("may be the same number on other addresses, or any free one", async () => {
    expect(await gateway("listen: [{ port: 80, host: 10.0.0.1 }, { port: 80, host: 10.0.0.2 }]")).toEqual([]);
    expect(await gateway("listen: [{ port: 0 }, { port: 0 }]\nadmin: { port: 0 }")).toEqual([]);
  });

  test("serve HTTP/3 with a certificate alone, and ask nobody for one there", async () => {
    expect(await gateway("listen: { http3: true, http2: true }")).toEqual([
      "1:18 listen.http3: HTTP/3 is always encrypted, and this listener has no certificate (set tls beside it)",
    ]);
    const tls = "{ cert: a.pem, key: a.key, client-certificates: { ca: ca.pem } }";
    expect(await gateway(`listen: { tls: ${tls}, http3: true }`)).toContain(
      "1:89 listen.http3: HTTP/3 cannot ask clients for their certificates, and this listener does " +
        "(serve HTTP/3 on a listener of its own, or http2 alone)",
    );
    expect(await gateway("listen: { http2: true }")).toEqual([]);
    expect(await gateway("listen: { http2: maybe }")).toHaveLength(1);
  });

  test.each(["0.0.0.0", "'::'", "localhost", "gateway-1.internal", "fe80::1%eth0"])("are on %s", async (host) => {
    expect(await gateway(`listen: { host: ${host} }`)).toEqual([]);
  });

  test.each(["not a host", "10.0.0", "10.0.0.300", "a:80", "http://a", "a..b", "-"])("are not on %p", async (host) => {
    const found = `expected an address or a name to listen on, found "${host}"`;
    expect(await gateway(`listen: { host: '${host}' }`)).toEqual([`1:17 listen.host: ${found}`]);
    expect(await gateway(`admin: { host: '${host}', token: tUNq0vXw3Rk9sLd7 }`)).toEqual([`1:16 admin.host: ${found}`]);
  });

  test("are told of brackets around an address", async () => {
    expect(await gateway("listen: { host: '[::1]' }")).toEqual([
      '1:17 listen.host: expected an address or a name to listen on, found "[::1]" (leave the brackets out)',
    ]);
  });

  test("say a version of TLS as a text", async () => {
    const tls = (version: string) => `listen: { tls: { cert: a.pem, key: a.key, min-version: ${version} } }`;
    const told = async (version: string) =>
      (await gateway(tls(version))).filter((problem) => problem.includes("min-version"));
    expect(await told("1.3")).toEqual([
      '1:56 listen.tls.min-version: expected 1.2 or 1.3, found the number 1.3 (write it in quotes: "1.3")',
    ]);
    expect(await told('"1.3"')).toEqual([]);
    expect(await told("1.4")).toEqual(["1:56 listen.tls.min-version: expected 1.2 or 1.3, found the number 1.4"]);
  });

  test("trust proxies by address", async () => {
    expect(await gateway("listen: { trusted-proxies: [10.0.0.0/8, '2001:db8::/32', 10.0.0/8, localhost] }")).toEqual([
      '1:58 listen.trusted-proxies[2]: expected an address or a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found "10.0.0/8"',
      '1:68 listen.trusted-proxies[3]: expected an address or a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found "localhost"',
    ]);
  });

  test("for the administrator are not open to others without a token", async () => {
    const words = "without a token the admin port is for this machine only, this host opens it to others";
    expect(await gateway("admin: { host: 0.0.0.0 }")).toEqual([
      `1:16 admin.host: ${words} (set admin.token or admin.tls.client-certificates, or host: 127.0.0.1)`,
    ]);
    expect(await gateway('admin: { host: 10.0.0.1, token: "" }')).toHaveLength(1);
    expect(await gateway("admin: { host: 0.0.0.0, token: tUNq0vXw3Rk9sLd7 }")).toEqual([]);
    const tls = "tls: { cert: nowhere.pem, key: nowhere.key, client-certificates: { ca: nowhere.ca } }";
    const problems = await gateway(`admin: { host: 0.0.0.0, ${tls} }`);
    expect(problems.join()).not.toContain(words);
    expect(problems).toHaveLength(3);
    for (const host of ["127.0.0.1", "127.1.2.3", "localhost", "'::1'"]) {
      expect(await gateway(`admin: { host: ${host} }`)).toEqual([]);
    }
  });
});
