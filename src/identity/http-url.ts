/** A URL that the gateway calls, as it is written. Throws Error, which begins with the option, if it is not http or https, or has a user in it. */
export function httpUrl(option: string, written: string): URL {
  const url = URL.parse(written);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw new Error(`${option}: expected a URL that begins with http:// or https://`);
  }
  if (url.username !== "" || url.password !== "")
    throw new Error(`${option}: a URL may have no user and password here`);
  if (url.hash !== "") throw new Error(`${option}: what follows a # is never sent`);
  return url;
}
