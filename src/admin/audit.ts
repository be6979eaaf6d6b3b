import type { AnyElysia } from "elysia";
import { Ring } from "../observe/incidents/ring.ts";
import type { Logger } from "../observe/logger.ts";
import { json } from "./json.ts";

/** Something that was asked of the admin port, and may have changed something. */
export interface AdminAction {
  /** In ms since 1970. */
  readonly at: number;
  readonly who: string;
  /** The address that it came from. */
  readonly from: string;
  readonly method: string;
  /** Without the query, which may hold what was revoked or purged. */
  readonly path: string;
  readonly status: number;
}

const MOST_ACTIONS = 500;
/** UTF-16 units of a path that are kept. */
const LONGEST_PATH = 512;

/** Who has done what on the admin port: the latest here, all in the log. */
export class Audit {
  readonly #log: Logger;
  readonly #actions = new Ring<AdminAction>(MOST_ACTIONS);

  constructor(log: Logger) {
    this.#log = log;
  }

  note({ at, path, ...action }: AdminAction): void {
    const fields = { ...action, path: path.slice(0, LONGEST_PATH) };
    this.#actions.push({ at, ...fields });
    this.#log.info("an admin action", fields);
  }

  /** The latest first. */
  get actions(): readonly AdminAction[] {
    return this.#actions.all().toReversed();
  }
}

/** The endpoint that tells them. */
export function addAudit(app: AnyElysia, audit: Audit): AnyElysia {
  return app.get("/api/audit", () => {
    const actions = audit.actions.map(({ at, ...action }) => ({ at: new Date(at).toISOString(), ...action }));
    return json({ actions });
  });
}
