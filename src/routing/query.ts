/**
 * The value of the first parameter of that name in a query, decoded as a form is (`+` is a blank); undefined if there
 * is none. Name and value are byte text (see `byteText`), so that no octets, however malformed, fail to decode.
 */
export function queryValue(query: string, name: string): string | undefined {
  let equals = query.indexOf("=");
  for (let start = 0; start <= query.length; ) {
    const ampersand = query.indexOf("&", start);
    const end = ampersand === -1 ? query.length : ampersand;
    if (equals !== -1 && equals < start) equals = query.indexOf("=", start);
    const nameEnd = equals === -1 || equals > end ? end : equals;
    if (decode(query.slice(start, nameEnd)) === name) return decode(query.slice(nameEnd + 1, end));
    start = end + 1;
  }
  return undefined;
}

/** Text as its UTF-8 octets, one character for each: the form in which values of requests are compared. */
export function byteText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function decode(text: string): string {
  const blanks = text.includes("+") ? text.replaceAll("+", " ") : text;
  return blanks.includes("%") ? blanks.replace(ESCAPE, toOctet) : blanks;
}

const ESCAPE = /%[0-9a-f]{2}/gi;
const toOctet = (digits: string): string => String.fromCharCode(Number.parseInt(digits.slice(1), 16));
