import { describe, expect, test } from "bun:test";
import { diagnose } from "../../../src/admin/dashboard/page/model/diagnosis.ts";
import type { Facts } from "../../../src/admin/dashboard/page/model/facts.ts";
import { canary, circuit, errors, facts, iso, NOW, service, target, traffic } from "./facts.ts";

const down = target({ url: "http://10.0.0.2:4001", health: "down" });

function headline(part: Partial<Facts>): string {
  return diagnose(facts(part)).headline;
}

/** Each target's median in ms, from enough replies. */
function medians(byUrl: Readonly<Record<string, number>>): Facts["targetTraffic"] {
  return (_, url) => ({ perSecond: 10, replies: 100, p50Ms: byUrl[url] });
}

describe("the headline", () => {
  test("says that all is well, and how much there is to do", () => {
    const { headline, level, findings } = diagnose(
      facts({ traffic: traffic({ users: { requests: 1_240, serverErrors: 1.24 } }) }),
    );
    expect(headline).toBe("All well: 1 service, 1,240 requests/s, 0.1 % errors");
    expect({ level, findings }).toEqual({ level: "good", findings: [] });
  });

  test("says nothing but that the gateway is away while it is: all else is old", () => {
    const { headline, level, findings } = diagnose(
      facts({ awaySince: NOW - 12_000, services: [service("users", [down])] }),
    );
    expect(headline).toBe("The gateway does not answer, since 12 s");
    expect({ level, findings }).toEqual({ level: "critical", findings: [] });
  });

  test("has the most important problem first, and counts the others", () => {
    const { headline, level, findings, advice } = diagnose(
      facts({
        services: [service("users", [target(), down]), service("orders", [down])],
        workers: [{ worker: 2, state: "running", since: iso(9), restarts: 0, behind: "port in use" }],
      }),
    );
    expect(headline).toBe("orders is down: its target does not answer (and 2 other problems)");
    expect(level).toBe("critical");
    expect(advice).toBe("http://10.0.0.2:4001 is down: it does not accept connections.");
    expect(findings.map(({ key }) => key)).toEqual(["down orders", "down users", "worker 2"]);
  });

  test("is the same news as long as only numbers change", () => {
    const news = (requests: number) => diagnose(facts({ traffic: traffic({ users: { requests } }) })).news;
    expect(news(5)).toBe(news(500));
    expect(diagnose(facts({ services: [service("users", [down])] })).news).not.toBe(news(5));
  });

  test("is still good when there are only notes", () => {
    const { level, advice } = diagnose(
      facts({ services: [service("users", [target(), target({ isDrained: true })])] }),
    );
    expect({ level, advice }).toEqual({ level: "good", advice: "There is a note below." });
  });
});

describe("of services it finds", () => {
  test("targets that are down, and says whether others serve", () => {
    const three = [
      target(),
      down,
      target({ isHealthy: false, check: { state: "unhealthy", since: iso(9), lastError: "503" } }),
    ];
    expect(headline({ services: [service("users", three)] })).toBe("users: 2 of 3 targets down");
    expect(headline({ services: [service("users", [down, down])] })).toBe(
      "users is down: none of its 2 targets answers",
    );
  });

  test("not those that were drained by hand", () => {
    const services = [service("users", [target(), target({ health: "down", isDrained: true })])];
    expect(headline({ services })).toStartWith("All well");
    const only = [service("users", [target({ isDrained: true }), down])];
    expect(headline({ services: only })).toBe("users is down: its target does not answer");
  });

  test("an open circuit, with its reason; one that is held by hand is a note", () => {
    const open = circuit({ target: "http://10.0.0.1:4001", reason: "6 of 10 failed", openUntil: iso(-20) });
    const { headline, advice } = diagnose(facts({ services: [service("users", [target()], [open])] }));
    expect(headline).toBe("users: the circuit is open for http://10.0.0.1:4001");
    expect(advice).toBe("6 of 10 failed; tried again in 20 s.");
    const held = [service("users", [target()], [circuit({ isForced: true })])];
    expect(diagnose(facts({ services: held })).findings).toMatchObject([
      { level: "note", text: expect.stringContaining("by hand") },
    ]);
  });

  test("not a circuit that is open because its target is down: that is told already", () => {
    const services = [
      service("users", [target(), down], [circuit({ target: down.url }), circuit({ site: "route users" })]),
    ];
    const { findings } = diagnose(facts({ services }));
    expect(findings.map(({ key }) => key)).toEqual(["down users", "circuit users  route users"]);
  });

  test("a target that is slower than the others", () => {
    const [a, b, c] = ["http://a", "http://b", "http://c"].map((url) => target({ url }));
    if (a === undefined || b === undefined || c === undefined) throw new Error("three targets");
    const targetTraffic = medians({ "http://a": 4, "http://b": 820, "http://c": 5 });
    expect(headline({ services: [service("users", [a, b, c])], targetTraffic })).toBe(
      "users is slow: http://b takes 820 ms (the others 4.0 ms)",
    );
    const alike = medians({ "http://a": 800, "http://b": 820, "http://c": 790 });
    expect(headline({ services: [service("users", [a, b, c])], targetTraffic: alike })).toStartWith("All well");
  });

  test("a lone target that is slower than usual, or by any measure", () => {
    const services = [service("users", [target({ url: "http://a" })])];
    const targetTraffic = medians({ "http://a": 600 });
    const usual = {
      ...traffic({}),
      services: new Map([["users", { requests: 1, clientErrors: 0, serverErrors: 0, usualMs: 20 }]]),
    };
    expect(headline({ services, targetTraffic, traffic: usual })).toBe(
      "users is slow: http://a takes 600 ms (usually 20 ms)",
    );
    expect(headline({ services, targetTraffic })).toStartWith("All well");
    expect(headline({ services, targetTraffic: medians({ "http://a": 3_000 }) })).toBe(
      "users is slow: http://a takes 3.0 s",
    );
  });

  test("requests that wait for a connection", () => {
    expect(headline({ services: [service("users", [target({}, { pending: 12 })])] })).toBe(
      "users: 12 requests wait for a connection",
    );
  });
});

describe("of requests it finds", () => {
  test("failures, by what most of them are", () => {
    const { headline, advice, level } = diagnose(
      facts({
        traffic: traffic({ users: { requests: 100, serverErrors: 12 } }),
        errors: [
          ...errors(9, { status: 504, code: "upstream_timeout", source: "upstream", detail: "No reply within 15 s." }),
          ...errors(2, { status: 502, code: "upstream_connect", source: "upstream" }),
        ],
      }),
    );
    expect(headline).toBe("users: 12 % of requests fail: the service did not answer in time");
    expect(advice).toStartWith("No reply within 15 s. The target is too slow or hangs");
    expect(level).toBe("critical");
  });

  test("credentials that are not accepted", () => {
    const { headline, advice } = diagnose(
      facts({
        traffic: traffic({ users: { requests: 10, clientErrors: 9.5 } }),
        errors: errors(20, {
          status: 401,
          code: "unauthenticated",
          source: "downstream",
          detail: "The signature is not valid",
        }),
      }),
    );
    expect(headline).toBe("users: 95 % of requests are refused: their credentials are not accepted (401)");
    expect(advice).toStartWith("The signature is not valid. Compare");
  });

  test("an exhausted limit, and who exhausts it", () => {
    const { headline, advice } = diagnose(
      facts({
        traffic: traffic({ users: { requests: 10, clientErrors: 6 } }),
        errors: errors(20, { status: 429, code: "rate_limited", source: "downstream" }),
        limited: [
          { client: "jwt:bob", route: "users", refused: 3, lastAt: iso(1) },
          { client: "jwt:eve", route: "users", refused: 900, lastAt: iso(1) },
          { client: "jwt:mal", route: "orders", refused: 9_999, lastAt: iso(1) },
        ],
      }),
    );
    expect(headline).toBe("users: 60 % of requests are over the limit (429)");
    expect(advice).toEndWith("Most of them are from jwt:eve.");
  });

  test("what the service refuses by itself", () => {
    expect(headline({ traffic: traffic({ users: { requests: 10, clientErrors: 6 } }) })).toBe(
      "users: 60 % of requests end with an error of the client's (4xx)",
    );
  });

  test("nothing in a few errors, or old ones", () => {
    const few = traffic({ users: { requests: 10, clientErrors: 0.1, serverErrors: 0.05 } });
    expect(headline({ traffic: few, errors: errors(5, { status: 401, code: "unauthenticated" }) })).toStartWith(
      "All well",
    );
    const rare = traffic({ users: { requests: 0.2, clientErrors: 0.1, serverErrors: 0.1 } });
    expect(headline({ traffic: rare })).toStartWith("All well");
    const old = errors(5, { status: 429, code: "rate_limited", at: iso(60) });
    const busy = traffic({ users: { requests: 10, clientErrors: 6 } });
    expect(headline({ traffic: busy, errors: old })).toContain("end with an error of the client's");
  });

  test("many that no route takes", () => {
    const unrouted = errors(30, { status: 404, code: "route_not_found", route: "" });
    const many = diagnose(facts({ errors: unrouted, traffic: traffic({ "": { requests: 12, clientErrors: 12 } }) }));
    expect(many.findings).toMatchObject([
      { level: "note", text: "12/s requests reach no route: no route matches the request" },
    ]);
    expect(diagnose(facts({ traffic: traffic({ "": { requests: 0.5, clientErrors: 0.5 } }) })).findings).toEqual([]);
  });
});

describe("of the gateway itself it finds", () => {
  test.each<[string, Partial<Facts>, string]>([
    [
      "that it stops",
      { readiness: { status: "not ready", reasons: ["the gateway is stopping"] } },
      "The gateway is not ready: the gateway is stopping",
    ],
    [
      "a worker that hangs",
      { workers: [{ worker: 1, state: "running", since: iso(1), restarts: 0, isSilent: true }] },
      "Worker 1 does not answer",
    ],
    [
      "a worker that has ended",
      { workers: [{ worker: 1, state: "waiting", since: iso(1), restarts: 2 }] },
      "Worker 1 has ended and is started again",
    ],
    [
      "a store that is down",
      { store: { kind: "redis", state: "down", since: iso(7), calls: 1, inFlight: 0 } },
      "Redis does not answer, since 7 s",
    ],
    [
      "an alert",
      {
        alerts: {
          alerts: [
            { id: "a", rule: "slow", severity: "warning", state: "firing", since: iso(1), summary: "p99 is 2 s" },
          ],
          silences: [],
        },
      },
      "Alert slow: p99 is 2 s",
    ],
    [
      "a canary",
      { canaries: [canary({ state: "stopped", share: 0, reason: "worse" })] },
      "users: the canary users-next was stopped",
    ],
  ])("%s", (_, part, expected) => {
    expect(headline(part)).toBe(expected);
  });

  test("a reload that has failed, with the place of the first mistake", () => {
    const problem = {
      file: "gateway.yaml",
      line: 9,
      column: 16,
      severity: "error",
      path: "routes[0]",
      message: 'no service "user"',
    };
    const lastReload = {
      result: "failed",
      by: "file",
      at: iso(3),
      changes: [],
      needsRestart: [],
      problems: [problem],
    } as const;
    const configuration = {
      configuration: {},
      places: {},
      files: [],
      loadedAt: iso(99),
      needsRestart: ["listen"],
      lastReload,
    };
    const { headline, advice, findings } = diagnose(facts({ configuration }));
    expect(headline).toBe("The last reload has failed: the configuration before it stays");
    expect(advice).toBe('See System. gateway.yaml:9: no service "user".');
    expect(findings.map(({ key }) => key)).toEqual(["reload", "restart"]);
  });

  test.each([{ state: "pending" }, { silencedBy: "s1" }, { inhibitedBy: "a1" }] as const)(
    "no alert of which nobody is told: %p",
    (part) => {
      const alert = {
        id: "a",
        rule: "slow",
        severity: "critical",
        state: "firing",
        since: iso(1),
        summary: "s",
        ...part,
      } as const;
      expect(headline({ alerts: { alerts: [alert], silences: [] } })).toStartWith("All well");
    },
  );
});
