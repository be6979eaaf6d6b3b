import { describe, expect, test } from "bun:test";
import { definePlugin, type Phases, type Scope, Type } from "../src/plugin.ts";
import { testPlugin } from "../src/testing.ts";

/** A plugin without options that does this. */
function pluginOf(setup: (scope: Scope) => Phases) {
  return definePlugin({
    name: "two-words",
    description: "For tests.",
    options: Type.Object({}),
    setup: (_, scope) => setup(scope),
  });
}

describe("a plugin's", () => {
  test("metrics are counted under the plugin's name, over reloads too, and can be read", async () => {
    const plugin = pluginOf(({ metrics, route, signal }) => {
      const seen = metrics.counter({ name: "seen_total", help: "Requests.", labels: ["route"] });
      const here = seen.with(route?.name ?? "");
      const sizes = metrics.histogram({ name: "size_bytes", help: "Sizes.", bounds: [10, 100] }).with();
      metrics
        .gauge({ name: "instances", help: "Instances." })
        .with()
        .collect(() => 1, signal);
      return {
        log(_, { bytesOut }) {
          here.inc();
          sizes.observe(bytesOut);
        },
      };
    });
    const t = await testPlugin(plugin);
    await t.request();
    const reloaded = await t.again();
    await reloaded.request();
    await (await t.again({}, { route: { name: "other", path: "/" } })).request();
    expect(t.metrics.value("seen_total", { route: "test" })).toBe(2);
    expect(t.metrics.value("seen_total", { route: "other" })).toBe(1);
    expect(t.metrics.distribution("size_bytes")).toEqual({ count: 3, sum: 6 });
    expect(t.metrics.value("instances")).toBe(3);
    await t.close();
    expect(t.metrics.value("instances")).toBe(2);

    expect(t.metrics.value("seen_total")).toBeUndefined();
    expect(t.metrics.value("seen_total", { route: "none" })).toBeUndefined();
    expect(t.metrics.value("seen_total", { path: "test" })).toBeUndefined();
    expect(t.metrics.value("none")).toBeUndefined();
    expect(t.metrics.value("size_bytes")).toBeUndefined();
    expect(t.metrics.distribution("instances")).toBeUndefined();
    expect((await testPlugin(plugin)).metrics.value("seen_total", { route: "test" })).toBe(0);
  });

  test("a metric that is there in another form, or cannot be one, refuses the configuration", async () => {
    const twice = pluginOf(({ metrics }) => {
      metrics.counter({ name: "seen_total", help: "Requests." });
      metrics.counter({ name: "seen_total", help: "Requests.", labels: ["route"] });
      return {};
    });
    await expect(testPlugin(twice)).rejects.toThrow(
      "the metric sluice_plugin_two_words_seen_total is a counter without labels, and cannot be a counter with the labels route",
    );
    const wrong = pluginOf(({ metrics }) => {
      metrics.counter({ name: "seen", help: "Requests." });
      return {};
    });
    await expect(testPlugin(wrong)).rejects.toThrow(
      '"sluice_plugin_two_words_seen" is a counter, whose name ends in _total',
    );
  });
});
