/** Scalar in one file, from a package that is no more than that; the package that it is made of brings 250 MB along. */
const PACKAGE = "@scalar/fastify-api-reference";
const SCRIPT_FILE = "js/standalone.js";

let embedded: string | undefined;

/** Where the script of the page is, in a program that has it in itself. Called once, before anything else. */
export function embedDocsScript(path: string): void {
  embedded = path;
}

/** The file of the script that the page needs. */
export function docsScript(): string | URL {
  return embedded ?? new URL(SCRIPT_FILE, import.meta.resolve(PACKAGE));
}
