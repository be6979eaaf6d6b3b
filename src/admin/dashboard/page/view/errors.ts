import type { RecentError } from "../api/types.ts";
import { fill } from "../dom/fill.ts";
import { byId, type Child, h } from "../dom/h.ts";
import { type Row, table } from "../dom/table.ts";
import type { Facts } from "../model/facts.ts";
import { ago, clock, count, some } from "../model/format.ts";
import { blamed, reasonOf } from "../model/reasons.ts";
import type { State } from "../state.ts";

/** Lines of the list: a filter finds the others. */
const MOST_ROWS = 100;

let wanted = "";

/** The filter above the recent errors. */
export function startErrors(changed: () => void): void {
  byId("errors-text").addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement) wanted = event.target.value.trim().toLowerCase();
    changed();
  });
}

/** Who is limited, what went wrong lately, and what to do about each kind. */
export function renderErrors(state: State, { now }: Facts): void {
  fill(byId("limited"), [limitedTable(state, now)]);
  const errors = state.errors.filter((error) => wanted === "" || wordsOf(error).includes(wanted));
  fill(byId("reasons"), [reasons(errors)]);
  fill(byId("recent"), [recentTable(state, errors, now)]);
}

function limitedTable({ limited, limitedSince, missing }: State, now: number): Child {
  if (missing.has("/api/limited")) return h("p", { class: "empty" }, "This gateway does not tell who is limited.");
  const rows = limited.map(({ client, route, refused, lastAt }): Row => {
    return { key: `${client} ${route}`, cells: [client, route, count(refused), ago(lastAt, now)] };
  });
  const columns = [
    { title: "Client" },
    { title: "Route" },
    { title: "Refused", isNumber: true },
    { title: "Last", isNumber: true },
  ];
  const caption = `Refused with 429, most first${limitedSince === undefined ? "" : `, since ${clock(limitedSince)}`}`;
  return table(caption, columns, rows, "Nobody was over a limit.");
}

/** Each kind of error once, with what to do about it. */
function reasons(errors: readonly RecentError[]): Child {
  const kinds = [...Map.groupBy(errors, ({ code }) => code)].toSorted(([, a], [, b]) => b.length - a.length);
  if (kinds.length === 0) return undefined;
  const items = kinds.map(([code, all]) => {
    const { title, advice } = reasonOf(code);
    const routes = [...new Set(all.map(({ route }) => route ?? "no route"))];
    const where =
      routes.length > 3 ? `${routes.slice(0, 3).join(", ")} and ${routes.length - 3} more` : routes.join(", ");
    return h(
      "li",
      { "data-key": code },
      h(
        "p",
        {},
        h("b", {}, `${count(all.length)} × `),
        h("code", {}, code),
        ` ${title} `,
        h("span", { class: "hint" }, `(${where})`),
      ),
      h("p", { class: "hint" }, advice),
    );
  });
  return h("ul", { class: "reasons", "aria-label": "Kinds of errors and what to do" }, items);
}

function recentTable({ missing }: State, errors: readonly RecentError[], now: number): Child {
  const isMissing = [...missing].some((path) => path.startsWith("/api/errors"));
  if (isMissing) return h("p", { class: "empty" }, "This gateway does not keep recent errors.");
  const rows = errors.slice(0, MOST_ROWS).map((error): Row => {
    return {
      key: `${error.requestId} ${error.at}`,
      cells: [
        h("time", { datetime: error.at, title: ago(error.at, now) }, clock(error.at)),
        [h("b", {}, error.status), " ", h("code", {}, error.code)],
        [
          h("span", {}, error.detail ?? reasonOf(error.code).title),
          h("span", { class: "hint" }, ` · ${blamed(error.source)}`),
        ],
        [h("code", {}, `${error.method} ${error.path}`), h("span", { class: "hint" }, ` ${error.route ?? "no route"}`)],
        [error.service ?? "", error.target !== undefined && h("span", { class: "hint" }, ` ${error.target}`)],
        error.principal === undefined ? error.client : `${error.principal} (${error.client})`,
        h("code", {}, error.requestId),
      ],
    };
  });
  const columns = [
    { title: "Time" },
    { title: "Error" },
    { title: "Reason" },
    { title: "Request" },
    { title: "Service", isExtra: true },
    { title: "Client", isExtra: true },
    { title: "Request id", isExtra: true },
  ];
  const hidden = errors.length - rows.length;
  return [
    table("Recent errors, newest first", columns, rows, "There is none."),
    hidden > 0 && h("p", { class: "hint" }, `${some(hidden, "older one")} not shown.`),
  ];
}

function wordsOf({
  requestId,
  client,
  principal,
  path,
  route,
  service,
  target,
  status,
  code,
  detail,
}: RecentError): string {
  return [requestId, client, principal, path, route, service, target, status, code, detail].join(" ").toLowerCase();
}
