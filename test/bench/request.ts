/** What a request carries beside its path. */
export type RequestKind = "bare" | "typical" | "signed";

/** The host that clients ask for: none of the gateways' own addresses. */
export const HOST = "api.example.com";

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.".padEnd(300, "c2x1aWNl");

const TYPICAL: readonly (readonly [name: string, value: string])[] = [
  ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"],
  ["Accept", "application/json, text/plain, */*"],
  ["Accept-Encoding", "gzip, deflate, br"],
  ["Accept-Language", "en-GB,en;q=0.9,de;q=0.7"],
  ["Authorization", `Bearer ${TOKEN}`],
  ["Cookie", "session=5f1d7a84c2b34e0f9f6f2f1f0c6a9b7e; theme=dark; consent=1"],
  ["X-Request-Id", "0198f3a2-6c1e-7b54-9d0f-2a6b8c4e1f37"],
  ["Referer", "https://app.example.com/users/42/orders"],
];

/**
 * The fields of a request, in their order: the host alone, or nine as a browser's API client sends them, with a token that
 * says nothing or with one that is signed.
 */
export function requestFields(kind: RequestKind, token?: string): readonly (readonly [name: string, value: string])[] {
  if (kind === "bare") return [["Host", HOST]];
  const fields = TYPICAL.map(([name, value]): readonly [string, string] => {
    return name === "Authorization" && token !== undefined ? [name, `Bearer ${token}`] : [name, value];
  });
  return [["Host", HOST], ...fields];
}

/**
 * A request as it goes over the wire: a GET, or a POST if it has a body.
 *
 * @param uploadBytes length of its body; 0: none
 */
export function requestBytes(kind: RequestKind, path: string, uploadBytes: number, token?: string): Buffer {
  const lines = requestFields(kind, token).map(([name, value]) => `${name}: ${value}\r\n`);
  if (uploadBytes > 0) lines.push(`Content-Type: application/octet-stream\r\nContent-Length: ${uploadBytes}\r\n`);
  const head = `${uploadBytes > 0 ? "POST" : "GET"} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(uploadBytes, "upload")]);
}
