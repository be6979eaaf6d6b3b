import { type EffectivePlugin, effectivePlugins } from "../../config/effective.ts";
import type { Config, RouteConfig } from "../../config/schema.ts";
import type { Plugin } from "../../plugin.ts";
import type { PluginPolicy, PolicyPlace } from "../../policy/plugin-policy.ts";
import type { JsonObject } from "../json.ts";
import { servicesOf } from "../merge/project.ts";
import type { ReportLine } from "../report.ts";
import { withAddedHeaders } from "./added-headers.ts";
import { headerObject, responsesOf } from "./answers.ts";
import { coreRefusals } from "./core-refusals.ts";
import { deprecationPolicy } from "./deprecation-policy.ts";
import { NO_POLICY, type Policy, type PolicyOf } from "./policy.ts";
import { errorSchemas } from "./problem-schema.ts";
import { requirementsOf, type SchemeName } from "./requirements.ts";
import { nameSchemes } from "./scheme-names.ts";

/** What the gateway does on the way of one route to one of its services. */
interface Way {
  readonly withBody: Policy;
  readonly withoutBody: Policy;
}

/** The policies of all routes: plain data, which may be sent to another thread. */
export interface RoutePolicies {
  /** In the order of the routes, each by service. */
  readonly routes: readonly ReadonlyMap<string, Way>[];
  /** Plugins that could not describe themselves. */
  readonly lines: readonly ReportLine[];
}

/** The parts of a configuration that the policies are made of. */
export type DescribedConfig = Pick<Config, "plugins" | "services" | "routes" | "errors" | "listen">;

/** Asks the plugins of every route what they do. It depends on the configuration alone. */
export function describeRoutes(config: DescribedConfig, plugins: ReadonlyMap<string, Plugin>): RoutePolicies {
  const lines: ReportLine[] = [];
  const described = config.routes.map((route) =>
    servicesOf(route).map((service) => {
      const effective = effectivePlugins(config, route, plugins, service);
      const ask = (hasBody: boolean) => askAll(effective, { route: infoOf(route), service, hasBody }, lines);
      return { route, service, withBody: ask(true), withoutBody: ask(false) };
    }),
  );
  const nameOf = nameSchemes(described.flat().flatMap(({ withBody, withoutBody }) => [...withBody, ...withoutBody]));
  const routes = described.map((ways) => {
    const entries = ways.map(({ route, service, withBody, withoutBody }) => {
      const policy = (policies: readonly PluginPolicy[], hasBody: boolean) =>
        policyFrom(policies, { route, hasBody }, config, nameOf);
      return [service, { withBody: policy(withBody, true), withoutBody: policy(withoutBody, false) }] as const;
    });
    return new Map(entries);
  });
  return { routes, lines };
}

/** For `mergeDocuments`, whose routes have to be those of the same configuration. */
export function policyOf({ routes }: RoutePolicies): PolicyOf {
  return ({ index }, service, method) => {
    const way = routes[index]?.get(service);
    if (way === undefined) return NO_POLICY;
    return BODILESS.has(method) ? way.withoutBody : way.withBody;
  };
}

/** Methods whose requests have no content that means anything (RFC 9110 §9.3). */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

function infoOf({ name, path }: RouteConfig): PolicyPlace["route"] {
  return { name: name ?? path, path };
}

function askAll(
  plugins: readonly EffectivePlugin<Plugin>[],
  place: PolicyPlace,
  lines: ReportLine[],
): readonly PluginPolicy[] {
  return plugins.flatMap(({ name, plugin, options }) => {
    try {
      return plugin.describe?.(options as never, place) ?? [];
    } catch (error) {
      // A document that lacks what one plugin says is better than none.
      const reason = error instanceof Error ? error.message : String(error);
      const message = `the plugin ${name} cannot describe what it does for the route ${place.route.name}: ${reason}`;
      if (place.hasBody) lines.push({ kind: "note", ...(place.service && { service: place.service }), message });
      return [];
    }
  });
}

function policyFrom(
  ofPlugins: readonly PluginPolicy[],
  { route, hasBody }: { readonly route: RouteConfig; readonly hasBody: boolean },
  config: DescribedConfig,
  nameOf: SchemeName,
): Policy {
  const ofRoute = deprecationPolicy(route);
  const policies = [...ofPlugins, ofRoute];
  const { format } = config.errors;
  const refusals = [...policies.flatMap((one) => one.refusals ?? []), ...coreRefusals(config.listen, hasBody)];
  const requirements = requirementsOf(policies, nameOf);
  const schemes = policies.flatMap(({ security }) =>
    Object.entries(security?.schemes ?? {}).map(([name, scheme]) => [nameOf(name, scheme), { ...scheme }] as const),
  );
  const extensions: JsonObject = Object.assign({}, ...policies.map((one) => one.extensions));
  const headers = Object.assign({}, ...policies.map(headersOf));
  const replies = policies.flatMap((one) => one.replies ?? []);
  const always = headersOf(ofRoute);
  const responses = Object.entries(responsesOf(refusals, replies, format)).map(
    ([status, response]) => [status, withAddedHeaders(response, always)] as const,
  );
  return {
    ...(requirements !== undefined && { security: { schemes: Object.fromEntries(schemes), requirements } }),
    responses: Object.fromEntries(responses),
    schemas: errorSchemas(format),
    ...(Object.keys(headers).length > 0 && { headers }),
    extensions,
    notes: policies.flatMap((one) => one.notes ?? []),
    ...(route.deprecated !== undefined && route.deprecated !== false && { isDeprecated: true }),
  };
}

function headersOf({ headers = {} }: PluginPolicy): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, headerObject(header)]));
}
