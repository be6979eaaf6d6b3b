/** In the place of a value that is there more than once, and may be there once. */
export const REPEATED = Symbol("given more than once");
