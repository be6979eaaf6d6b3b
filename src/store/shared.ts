import type { Backend } from "./backend.ts";
import { MemoryBackend } from "./memory/backend.ts";
import type { StoreReport } from "./report.ts";
import type { LocalStore, Store } from "./store.ts";
import { createLocalView, createStoreView } from "./view.ts";

/** The one store of a gateway; it outlives reloads. */
export interface SharedStore {
  /** The part of a plugin: its keys never meet those of others. */
  of(plugin: string): Store;
  /** A part in the memory of this gateway, wherever the store is; its keys never meet those of `of`. */
  localOf(plugin: string): LocalStore;
  report(): StoreReport;
  /** Ends every wait, and the connections. */
  close(): Promise<void>;
}

/** Lends parts of a backend, all of whose keys begin with the prefix. */
export function shareStore(
  backend: Backend,
  prefix: string,
  local: MemoryBackend = backend instanceof MemoryBackend ? backend : new MemoryBackend({ now: Date.now }),
): SharedStore {
  const views = new Map<string, Store>();
  const localViews = new Map<string, LocalStore>();
  return {
    of: (plugin) => {
      const start = `${prefix}${plugin}:`;
      return lent(views, plugin, () =>
        backend instanceof MemoryBackend ? createLocalView(backend, start) : createStoreView(backend, start),
      );
    },
    localOf: (plugin) => lent(localViews, plugin, () => createLocalView(local, `local:${plugin}:`)),
    report: () => backend.report(),
    close: async () => {
      await backend.close();
      if (local !== backend) await local.close();
    },
  };
}

function lent<S>(views: Map<string, S>, plugin: string, create: () => S): S {
  const view = views.get(plugin) ?? create();
  views.set(plugin, view);
  return view;
}
