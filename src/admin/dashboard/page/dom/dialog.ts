import { fill } from "./fill.ts";
import { byId, type Child, h } from "./h.ts";

/** Something that is asked before it is done. */
export interface Question {
  readonly title: string;
  /** What will happen, in sentences. */
  readonly text: readonly string[];
  readonly fields?: readonly Child[];
  /** What the button says: the action, never "OK". */
  readonly action: string;
  /** It takes something away: the button to leave it is the first to be reached then. */
  readonly isDangerous?: boolean;
}

/** Asks in a dialog; resolves with the values of the fields when it is to be done, else with undefined. */
export function question({
  title,
  text,
  fields = [],
  action,
  isDangerous = false,
}: Question): Promise<FormData | undefined> {
  const dialog = byId("dialog");
  if (!(dialog instanceof HTMLDialogElement)) throw new Error("the page has no dialog");
  const { promise, resolve } = Promise.withResolvers<FormData | undefined>();
  const cancel = h("button", { type: "button" }, "Cancel");
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "dialog-title" }, title),
    text.map((sentence) => h("p", {}, sentence)),
    fields.length > 0 && h("div", { class: "fields" }, fields),
    h(
      "div",
      { class: "buttons" },
      cancel,
      h("button", { type: "submit", class: isDangerous ? "danger" : "primary" }, action),
    ),
  );
  let values: FormData | undefined;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    values = new FormData(form);
    dialog.close();
  });
  cancel.addEventListener("click", () => dialog.close());
  // Also by the key Escape.
  dialog.addEventListener("close", () => resolve(values), { once: true });
  fill(dialog, []);
  dialog.append(form);
  dialog.showModal();
  // What has to be filled in; else the way out.
  const first = form.querySelector<HTMLElement>("input:not([type=checkbox]), select");
  (first ?? cancel).focus();
  return promise;
}

/** A field with its label. */
export function field(label: string, control: HTMLElement, hint?: string): HTMLElement {
  return h(
    "label",
    { class: "field" },
    h("span", {}, label),
    control,
    hint !== undefined && h("span", { class: "hint" }, hint),
  );
}

/** A list to choose from, values and what they are called. */
export function choice(name: string, options: readonly (readonly [string, string])[]): HTMLElement {
  return h(
    "select",
    { name },
    options.map(([value, text]) => h("option", { value }, text)),
  );
}
