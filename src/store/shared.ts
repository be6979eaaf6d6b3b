import type { Backend } from "./backend.ts";
import type { StoreReport } from "./report.ts";
import type { Store } from "./store.ts";
import { createStoreView } from "./view.ts";

/** The one store of a gateway; it outlives reloads. */
export interface SharedStore {
  /** The part of a plugin: its keys never meet those of others. */
  of(plugin: string): Store;
  report(): StoreReport;
  /** Ends every wait, and the connections. */
  close(): Promise<void>;
}

/** Lends parts of a backend, all of whose keys begin with the prefix. */
export function shareStore(backend: Backend, prefix: string): SharedStore {
  const views = new Map<string, Store>();
  return {
    of(plugin) {
      let view = views.get(plugin);
      if (view === undefined) {
        view = createStoreView(backend, `${prefix}${plugin}:`);
        views.set(plugin, view);
      }
      return view;
    },
    report: () => backend.report(),
    close: () => backend.close(),
  };
}
