/** The way from a document's root to a value, innermost key first; undefined is the root. */
export interface KeyPath {
  readonly parent: KeyPath | undefined;
  readonly key: string | number;
}

/** The path one step further in. */
export function below(parent: KeyPath | undefined, ...keys: readonly (string | number)[]): KeyPath | undefined {
  return keys.reduce<KeyPath | undefined>((path, key) => ({ parent: path, key }), parent);
}

/** As people write it: `routes[0].service`, `plugins["./mine.ts"]`; empty for the root. */
export function pathText(path: KeyPath | undefined): string {
  let text = "";
  for (let step = path; step !== undefined; step = step.parent) {
    const part = stepText(step.key);
    text = text === "" || text.startsWith("[") ? part + text : `${part}.${text}`;
  }
  return text;
}

function stepText(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[\w-]+$/.test(key) ? key : `[${JSON.stringify(key)}]`;
}
