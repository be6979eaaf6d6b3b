/** Worked examples for the reference, by section; a test loads each of them. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  listen: `listen:
  host: 0.0.0.0
  port: "\${PORT:-8080}"
  trusted-proxies: [10.0.0.0/8]
  limits: { body-bytes: 20mb }
  timeouts: { drain: 1m }`,
  admin: `admin:
  host: 0.0.0.0
  port: 9090
  token: "\${ADMIN_TOKEN:-}"`,
  log: `log:
  level: warn
  format: json
  redact: [authorization, cookie, x-api-key]`,
  errors: `errors:
  format: envelope`,
  redis: `redis:
  url: "\${REDIS_URL:-}"      # none: the embedded store
  key-prefix: "shop:"
  command-timeout: 50ms`,
  alerts: `alerts:
  webhooks:
    - { url: "\${ALERT_URL:-https://hooks.example.com/alerts}", format: slack }
  rules:
    - default
    - { name: slow, kind: latency, slower-than: 300ms, objective: 99% }`,
  include: `include:
  - services/*.yaml`,
  openapi: `openapi:
  title: Shop API
  version: 2.1.0
  refresh: 5m
  documents:
    partner: { tags: [orders] }

services:
  orders:
    targets: ["http://127.0.0.1:4003"]
    openapi: /swagger/json

routes:
  - path: /orders/*
    service: orders`,
  telemetry: `telemetry:
  otlp: "\${OTLP_URL:-http://127.0.0.1:4318}"
  sampling: 1%
  service-name: shop-gateway
  parent: trusted
  headers: { x-api-key: "\${OTLP_KEY:-none}" }
  resource: { deployment.environment.name: staging }`,
  plugins: `plugins:
  request-id: {}
  access-log: {}`,
  services: `services:
  users:
    targets:
      - http://127.0.0.1:4001
      - { url: "\${USERS_URL:-http://127.0.0.1:4002}", weight: 2 }
    balance: least-request
    pool: { max-connections: 50 }
    timeouts: { response: 5s }

routes:
  - path: /users/*
    service: users`,
  routes: `services:
  users: { targets: ["http://127.0.0.1:4001"] }
  users-next: { targets: ["http://127.0.0.1:4002"] }
  finance: { targets: ["http://127.0.0.1:4003"] }

routes:
  - name: users
    path: /api/users/*
    methods: [GET, POST]
    strip-prefix: /api
    weighted:
      - { service: users, weight: 9 }
      - { service: users-next, weight: 1 }
  - path: /e/*            # /e/fin/financial becomes /fin/financial
    strip-prefix: /e
    service: finance
  - path: /reports/:year
    headers: { x-api-version: "2" }
    rewrite: /v2/reports/:year
    service: finance
    plugins:
      headers: { response: { set: { cache-control: no-store } } }`,
};
