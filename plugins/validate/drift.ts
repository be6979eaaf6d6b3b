const VARIABLE = /^(?:\d+|[0-9a-fA-F]{8,}|[0-9a-fA-F-]{32,}|.{33,}|.*%.*|.*[@:=].*|(?=.*\d)[\w-]{16,})$/;

/** A path without what is likely to be an id, a name or a secret. */
export function anonymousPath(path: string): string {
  return path
    .slice(0, 1_000)
    .split("/")
    .map((segment) => (VARIABLE.test(segment) ? "{}" : segment))
    .join("/");
}
