import { describe, expect, test } from "bun:test";
import { systemClock } from "../../../src/upstream/discovery/clock.ts";
import { type KubernetesOptions, kubernetesSource } from "../../../src/upstream/discovery/kubernetes.ts";
import type { Source } from "../../../src/upstream/discovery/source.ts";
import {
  EXPIRED,
  eventOf,
  type KubernetesServer,
  type KubernetesServerOptions,
  startKubernetes,
  watchedFrom,
} from "../../support/kubernetes.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";
import { makeCertificates } from "../../support/tls.ts";
import { until } from "../../support/until.ts";
import { type Following, follow } from "./support.ts";

const ONE = { name: "users-1", addresses: ["10.0.0.1"], notReady: ["10.0.0.9"] };
const TWO = { name: "users-2", addresses: ["fd00::1"] };

/** An API server whose cluster has one slice, and a pod's files. */
interface Cluster extends AsyncDisposable {
  readonly server: KubernetesServer;
  readonly folder: TempFolder;
  sourceWith(options?: Partial<KubernetesOptions>): Source;
}

function startCluster(options?: KubernetesServerOptions): Cluster {
  const folder = tempFolder();
  const server = startKubernetes(options);
  server.slices = [ONE];
  const common = { url: server.url, service: "users", scheme: "http" as const, pauseMs: 1 };
  const files = {
    tokenFile: folder.write("token", "t-1\n"),
    caFile: folder.file("ca.pem"),
    namespaceFile: folder.write("namespace", "shop\n"),
  };
  return {
    server,
    folder,
    sourceWith: (more) => kubernetesSource({ ...common, ...files, ...more }, systemClock),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      folder.remove();
    },
  };
}

/** A source of that cluster, followed until it watches what comes after its first list. */
interface Watching extends Cluster {
  readonly following: Following;
}

async function startWatching(options?: Partial<KubernetesOptions>): Promise<Watching> {
  const cluster = startCluster();
  const following = follow(cluster.sourceWith(options));
  await watchedFrom(cluster.server, "100");
  return {
    ...cluster,
    following,
    [Symbol.asyncDispose]: async () => {
      await following[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

test("endpoints that are ready are listed, then watched from there", async () => {
  await using watching = await startWatching();
  const { server, following } = watching;
  expect(following.told[0]).toEqual(["http://10.0.0.1:8080"]);
  server.send(eventOf("ADDED", TWO, "101"));
  await following.waitFor(["http://10.0.0.1:8080", "http://[fd00::1]:8080"]);
  server.send(eventOf("MODIFIED", { ...ONE, addresses: ["10.0.0.1", "10.0.0.9"], notReady: [] }, "102"));
  await following.waitFor(["http://10.0.0.1:8080", "http://10.0.0.9:8080", "http://[fd00::1]:8080"]);
  server.send(eventOf("DELETED", ONE, "103"));
  await following.waitFor(["http://[fd00::1]:8080"]);
  server.send(eventOf("DELETED", TWO, "104"));
  await following.waitFor([]);
  expect(server.requests).toEqual([
    {
      path: "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
      query: { labelSelector: "kubernetes.io/service-name=users" },
      authorization: "Bearer t-1",
    },
    expect.objectContaining({
      query: {
        labelSelector: "kubernetes.io/service-name=users",
        watch: "1",
        allowWatchBookmarks: "true",
        timeoutSeconds: "240",
        resourceVersion: "100",
      },
    }),
  ]);
});

test("a watch that ends goes on where it was, from a bookmark too, with the token as it is then", async () => {
  await using watching = await startWatching();
  const { server, folder, following } = watching;
  server.send({ type: "BOOKMARK", object: { kind: "EndpointSlice", metadata: { resourceVersion: "140" } } });
  folder.write("token", "t-2");
  server.end();
  await watchedFrom(server, "140");
  expect(server.requests.at(-1)?.authorization).toBe("Bearer t-2");
  server.send(eventOf("ADDED", TWO, "141"));
  await following.waitFor(["http://10.0.0.1:8080", "http://[fd00::1]:8080"]);
});

test("a watch from a place that is forgotten begins with a new list, whichever way it is told", async () => {
  await using watching = await startWatching();
  const { server, following } = watching;
  server.slices = [TWO];
  server.version = "900";
  server.send(EXPIRED);
  await following.waitFor(["http://[fd00::1]:8080"]);
  await watchedFrom(server, "900");
  server.slices = [ONE];
  server.version = "950";
  server.answer = ({ query }) => (query.resourceVersion === "900" ? new Response("", { status: 410 }) : undefined);
  server.end();
  await following.waitFor(["http://10.0.0.1:8080"]);
  await watchedFrom(server, "950");
});

test("events are put together from their pieces", async () => {
  await using watching = await startWatching();
  const { server, following } = watching;
  const text = `${JSON.stringify(eventOf("ADDED", TWO, "101"))}\n${JSON.stringify(eventOf("DELETED", ONE, "102"))}\n`;
  server.send(text.slice(0, 30));
  server.send(text.slice(30, text.length - 20));
  server.send(text.slice(text.length - 20));
  await following.waitFor(["http://[fd00::1]:8080"]);
});

test("after an event that is not understood, all is listed anew when it is followed again", async () => {
  await using cluster = startCluster();
  const { server } = cluster;
  const source = cluster.sourceWith();
  {
    await using following = follow(source);
    await watchedFrom(server, "100");
    server.send({ type: "ADDED", object: { kind: "Pod" } });
    expect(await following.ended.catch((error: unknown) => String(error))).toContain("an event has no resourceVersion");
  }
  server.slices = [TWO];
  await using following = follow(source);
  await following.waitFor(["http://[fd00::1]:8080"]);
});

test("after a connection that broke it is watched from the latest event, without a list", async () => {
  await using cluster = startCluster();
  const { server } = cluster;
  const source = cluster.sourceWith();
  {
    await using following = follow(source);
    await watchedFrom(server, "100");
    server.send(eventOf("ADDED", TWO, "101"));
    await following.waitFor(["http://10.0.0.1:8080", "http://[fd00::1]:8080"]);
  }
  await until(() => server.watches === 0, { what: "the abort has closed the watch" });
  server.slices = [];
  await using following = follow(source);
  await watchedFrom(server, "101");
  await following.waitFor(["http://10.0.0.1:8080", "http://[fd00::1]:8080"]);
});

describe("what is no answer ends it, with nothing told", () => {
  const list = (items: unknown, metadata: unknown = { resourceVersion: "1" }) => Response.json({ metadata, items });
  test.each([
    ["an error", () => new Response("", { status: 500 }), /^127\.0\.0\.1:\d+ answered 500$/],
    ["a refusal", () => new Response("", { status: 403 }), /answered 403$/],
    ["garbage", () => new Response("<html>"), "the answer is not JSON"],
    ["no list", () => list([], {}), "the answer is no list of EndpointSlices"],
    ["slices that are none", () => list({ a: 1 }), "items is no list"],
    ["a slice without a name", () => list([{ metadata: {} }]), "an EndpointSlice has no name"],
    ["too long an answer", () => new Response("x".repeat(17_000_000)), "the answer has more than 16777216 bytes"],
  ])("%s", async (_, answer, message) => {
    await using cluster = startCluster();
    cluster.server.answer = answer;
    await using following = follow(cluster.sourceWith());
    const error = await following.ended.catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain("t-1");
    expect(following.told).toEqual([]);
  });

  test("an event without an end", async () => {
    await using watching = await startWatching();
    const { server, following } = watching;
    server.send("x".repeat(1_100_000));
    const error = await following.ended.catch((reason: unknown) => reason);
    expect(String(error)).toContain("a line of the answer has more than 1048576 bytes");
  });
});

test("a watch may be quiet for longer than an answer may take", async () => {
  const graceMs = 2_000;
  await using watching = await startWatching({ graceMs });
  const { server, following } = watching;
  // Whoever asks later, and is not answered, gives up after that time: so much has gone by for the watch, too.
  await using silent = startCluster();
  silent.server.answer = () => new Promise(() => {});
  await using later = follow(silent.sourceWith({ graceMs }));
  expect(await later.ended.catch(String)).toContain("has not answered within 2000 ms");
  expect(server.requests).toHaveLength(2);
  server.send(eventOf("ADDED", TWO, "101"));
  await following.waitFor(["http://10.0.0.1:8080", "http://[fd00::1]:8080"]);
});

test("a port that is not told is a failure that the next change can put right", async () => {
  await using cluster = startCluster();
  const { server } = cluster;
  const two = [
    { name: "http", port: 8080 },
    { name: "admin", port: 9090 },
  ];
  server.slices = [{ ...ONE, ports: two }];
  await using following = follow(cluster.sourceWith());
  await following.waitFor("the EndpointSlice users-1 has 2 ports: say which one is meant");
  await watchedFrom(server, "100");
  server.send(eventOf("MODIFIED", ONE, "101"));
  await following.waitFor(["http://10.0.0.1:8080"]);
  await using named = follow(cluster.sourceWith({ port: "admin" }));
  await named.waitFor(["http://10.0.0.1:9090"]);
  await using numbered = follow(cluster.sourceWith({ port: 8081 }));
  await numbered.waitFor("the EndpointSlice users-1 has no port 8081");
});

test("the API server is verified by the certificates of the file", async () => {
  using folder = tempFolder();
  const { ca, server: pair } = makeCertificates(folder.path);
  await using cluster = startCluster({ tls: { cert: pair.cert, key: pair.key } });
  const { server } = cluster;
  {
    await using following = follow(cluster.sourceWith({ caFile: ca.certFile, namespace: "other" }));
    await following.waitFor(["http://10.0.0.1:8080"]);
    expect(server.requests[0]?.path).toContain("/namespaces/other/");
  }
  using strange = tempFolder();
  const other = makeCertificates(strange.path);
  await using following = follow(cluster.sourceWith({ caFile: other.ca.certFile }));
  expect(await following.ended.catch((error: unknown) => String(error))).toContain("certificate");
  expect(following.told).toEqual([]);
});
