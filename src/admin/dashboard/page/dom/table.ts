import { type Child, h } from "./h.ts";

/** A column of a table, as its heading says. */
export interface Column {
  readonly title: string;
  /** Figures stand to the right. */
  readonly isNumber?: boolean;
  /** Left out where the screen is narrow. */
  readonly isExtra?: boolean;
}

/** A row of a table, with as many cells as there are columns. */
export interface Row {
  /** Recognises the row at the next turn. */
  readonly key: string;
  /** The first one is the row's heading. */
  readonly cells: readonly Child[];
}

/** A table with a caption, in a region of its own that scrolls where it is wider than the screen. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[], empty: string): HTMLElement {
  if (rows.length === 0) return h("p", { class: "empty", "data-key": `empty ${caption}` }, empty);
  const head = columns.map((column) => h("th", { scope: "col", class: classOf(column) }, column.title));
  const body = rows.map(({ key, cells }) => h("tr", { "data-key": key }, cells.map(cellOf(columns))));
  return h(
    "div",
    { class: "table", role: "region", "aria-label": caption, tabindex: 0, "data-key": `table ${caption}` },
    h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)),
  );
}

function cellOf(columns: readonly Column[]): (cell: Child, index: number) => HTMLElement {
  return (cell, index) => {
    const column = columns[index] ?? { title: "" };
    if (index === 0) return h("th", { scope: "row", class: classOf(column) }, cell);
    return h("td", { class: classOf(column) }, cell);
  };
}

function classOf({ isNumber, isExtra }: Column): string | undefined {
  const names = [isNumber === true ? "number" : "", isExtra === true ? "extra" : ""].filter((name) => name !== "");
  return names.length === 0 ? undefined : names.join(" ");
}
