/**
 * One directive of a Cache-Control field (RFC 9111 §5.2). `argument` is undefined without one; `isMalformed` says that
 * what stands there is no argument, so that the directive's most restrictive reading holds.
 */
export interface Directive {
  /** In small letters. */
  readonly name: string;
  readonly argument: string | undefined;
  readonly isMalformed: boolean;
}

/** name, then all up to the next comma that stands in no quoted text. */
const ELEMENT = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)?((?:"(?:[^"\\]|\\.)*"?|[^",])*)(?:,|$)/gy;
const TOKEN_ARGUMENT = /^=([!#$%&'*+.^_`|~0-9A-Za-z-]+)[\t ]*$/;
const QUOTED_ARGUMENT = /^="((?:[^"\\]|\\.)*)"[\t ]*$/;
const BLANK = /^[\t ]*$/;

/** The directives of a field, in their order, as tokens or quoted (RFC 9111 §5.2). What has no name is passed over. */
export function parseDirectives(field: string): Directive[] {
  const found: Directive[] = [];
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < field.length) {
    const match = ELEMENT.exec(field);
    if (match === null) break;
    const name = match[1];
    if (name !== undefined) found.push(directiveOf(name.toLowerCase(), match[2] ?? ""));
  }
  return found;
}

function directiveOf(name: string, rest: string): Directive {
  if (BLANK.test(rest)) return { name, argument: undefined, isMalformed: false };
  const token = TOKEN_ARGUMENT.exec(rest);
  if (token !== null) return { name, argument: token[1], isMalformed: false };
  const quoted = QUOTED_ARGUMENT.exec(rest);
  if (quoted === null) return { name, argument: undefined, isMalformed: true };
  return { name, argument: (quoted[1] ?? "").replace(/\\(.)/g, "$1"), isMalformed: false };
}

/** The greatest number of seconds that is told apart (RFC 9111 §1.2.2). */
export const MAX_SECONDS = 2_147_483_648;

/** Digits as seconds, undefined if the text is anything else (RFC 9111 §1.2.2). */
export function deltaSeconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  return Math.min(Number(text), MAX_SECONDS);
}
