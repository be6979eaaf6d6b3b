import type { Collector } from "../otlp/collector.ts";
import type { Upstream } from "../upstream.ts";

/** Where the services of the test are. */
export interface Places {
  /** Calls its plans when a request is there whole. */
  readonly whole: Upstream;
  readonly other: Upstream;
  /** Calls its plans at a request's head. */
  readonly early: Upstream;
  /** Its connections never open. */
  readonly hole: { readonly port: number };
  readonly collector: Collector;
}

/** What a mock answers by. */
export const DOCUMENT = JSON.stringify({
  openapi: "3.1.0",
  info: { title: "mock", version: "1" },
  paths: {
    "/mock": {
      get: { responses: { 200: { description: "", content: { "application/json": { example: { id: 1 } } } } } },
    },
  },
});

/** A gateway that watches itself in every way it has. */
export function truthYaml({ whole, other, early, hole, collector }: Places, workers: number, pem: string): string {
  const url = whole.url;
  const listener = `host: 127.0.0.1, port: 0, workers: ${workers}, trusted-proxies: [127.0.0.1/32], limits: { body-bytes: 64mb }`;
  return `listen:
  - { ${listener} }
  - { ${listener}, timeouts: { header: 40ms } }
  - { ${listener}, timeouts: { body: 40ms, send: 40ms } }
  - { ${listener}, http2: true }
reload: manual
telemetry: { otlp: "${collector.url}", sampling: 100%, interval: 20ms, queue: 100000, parent: ignore }
plugins: { request-id: {}, access-log: { request-headers: [user-agent] }, server-timing: {} }
services:
  plain: { targets: ["${url}"] }
  early: { targets: ["${early.url}"] }
  dead: { targets: ["http://127.0.0.1:1"] }
  hole: { targets: ["http://127.0.0.1:${hole.port}"], timeouts: { connect: 30ms } }
  slow: { targets: ["${url}"], timeouts: { response: 30ms } }
  idle: { targets: ["${url}"], timeouts: { idle: 30ms } }
  twice: { targets: ["${url}", "${other.url}"] }
  half-dead: { targets: ["http://127.0.0.1:1", "${url}"] }
  hedged: { targets: ["${url}", "${other.url}"] }
  tripped: { targets: ["${url}"] }
  due: { targets: ["${url}"], deadline-header: x-timeout-ms }
  cached: { targets: ["${url}"] }
  switching: { targets: ["${early.url}"] }
  copies: { targets: ["${other.url}"] }
  timed: { targets: ["${url}", "${other.url}"] }
  shut: { targets: ["${early.url}"], pool: { max-tunnels: 0 } }
  drained: { targets: ["${url}"] }
  failing: { targets: ["${url}"] }
  spare: { targets: ["${other.url}"] }
  narrow: { targets: ["${url}"], pool: { max-connections: 1, max-pending: 1 }, timeouts: { pool: 30ms } }
  bulk: { targets: ["${url}"], max-requests: 1 }
routes:
  - { name: plain, path: /plain/*, service: plain }
  - { name: posted, path: /posted, methods: [POST], service: plain }
  - { name: moved, path: /moved/*, service: plain, strip-prefix: /moved, add-prefix: /to }
  - { name: early, path: /early/*, service: early }
  - { name: dead, path: /dead, service: dead }
  - { name: hole, path: /hole, service: hole }
  - { name: slow, path: /slow, service: slow }
  - { name: idle, path: /idle, service: idle }
  - name: twice
    path: /twice
    service: twice
    plugins: { retry: { attempts: 2, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 100000 }, attempts-header: x-attempts } }
  - name: half-dead
    path: /half-dead
    service: half-dead
    plugins: { retry: { attempts: 2, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 100000 }, attempts-header: x-attempts } }
  - name: hedged
    path: /hedged
    service: hedged
    plugins: { retry: { attempts: 2, on: [connect-failure], hedge: { after: 20ms }, budget: { minimum: 100000 } } }
  - { name: tripped, path: /tripped, service: tripped, plugins: { circuit-breaker: {} } }
  - { name: due, path: /due, service: due }
  - { name: cached, path: /cached/*, service: cached, plugins: { cache: { stale-while-revalidate: 1h } } }
  - { name: mirrored, path: /mirrored, service: plain, plugins: { mirror: { service: copies } } }
  - name: timed
    path: /timed
    service: timed
    plugins:
      retry: { attempts: 2, per-try-timeout: 30ms, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 100000 } }
  - { name: shut, path: /shut, service: shut, upgrade: [echo] }
  - { name: drained, path: /drained, service: drained }
  - name: fallen
    path: /fallen
    service: failing
    plugins: { circuit-breaker: { consecutive-failures: 0, minimum-calls: 1000000, fallback: { on: failure, service: spare } } }
  - { name: squeezed, path: /squeezed, service: plain, plugins: { compression: { min-bytes: 1b } } }
  - { name: near, path: /near, service: plain, plugins: { ip-restriction: { deny: [127.0.0.0/8] } } }
  - { name: shown, path: /shown, methods: [GET], service: plain, plugins: { cors: { origins: ["https://a.test"] } } }
  - { name: narrow, path: /narrow, service: narrow }
  - { name: bulk, path: /bulk, service: bulk }
  - { name: alone, path: /alone, service: plain, plugins: { concurrency-limit: { limit: 1 } } }
  - { name: kept, path: /kept/*, service: cached, plugins: { cache: { stale-if-error: 1h } } }
  - { name: limited, path: /limited, service: plain, plugins: { rate-limit: { limit: 1, window: 1h, key: "header:x-key" } } }
  - { name: jwt, path: /jwt, service: plain, plugins: { jwt: { public-key: ${JSON.stringify(pem)} } } }
  - { name: keyed, path: /keyed, service: plain, plugins: { api-key: {} } }
  - { name: small, path: /small, service: plain, plugins: { body-limit: { size: 10b } } }
  - { name: mocked, path: /mock, plugins: { mock: { when: always, document: ./mock.json } } }
  - { name: fixed, path: /fixed, plugins: { respond: { status: 503, body: later } } }
  - { name: away, path: /away, plugins: { redirect: { to: /plain/ } } }
  - { name: switching, path: /switching, service: switching, upgrade: [echo] }
`;
}
