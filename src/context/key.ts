/** A typed key of per-request state; make it once, at load. */
export interface ContextKey<T> {
  readonly symbol: symbol;
  /** Never set: it carries the type. */
  readonly valueType?: T;
}

export function contextKey<T>(name: string): ContextKey<T> {
  return { symbol: Symbol(name) };
}
