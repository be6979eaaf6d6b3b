import { Kind, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";

/** Plugins by name, each with its options, or `false` where an inherited one is switched off. */
export type PluginMapConfig = Readonly<Record<string, unknown>>;

/** The TypeBox kind of a map of plugins: its keys and options are checked against the plugins that are installed. */
export const PLUGIN_MAP = "PluginMap";

/** A map of plugins, empty if it is not given. */
export const PluginMap = (description: string): TUnsafe<PluginMapConfig> =>
  Type.Unsafe<PluginMapConfig>({ [Kind]: PLUGIN_MAP, type: "object", default: {}, description });

TypeRegistry.Set(PLUGIN_MAP, (_schema, value) => typeof value === "object" && value !== null && !Array.isArray(value));
