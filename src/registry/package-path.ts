import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** A package's name, and a path in it that may follow (the rules of npm, of today and before). */
const PACKAGE = /^((?:@[\w.~-]+\/)?[A-Za-z0-9~][\w.~-]*)(?:\/[^/].*)?$/;

/**
 * The file that an npm package gives to whoever imports it from one of the folders, tried in turn. Undefined if no
 * `node_modules` in or above them has the package; a problem if it has, but nothing can be imported from it.
 *
 * The folders are searched before Bun is asked, for Bun would download a package that is missing: a misspelled name
 * must never run code from the registry.
 */
export function resolvePackage(
  specifier: string,
  directories: readonly string[],
): string | { readonly problem: string } | undefined {
  const name = PACKAGE.exec(specifier)?.[1];
  if (name === undefined) return undefined;
  const directory = directories.find((candidate) => isInstalled(name, resolve(candidate)));
  if (directory === undefined) return undefined;
  try {
    return realpathSync(Bun.resolveSync(specifier, directory));
  } catch {
    return { problem: "the package is installed, but there is nothing to import under this name" };
  }
}

function isInstalled(name: string, directory: string): boolean {
  if (existsSync(join(directory, "node_modules", name, "package.json"))) return true;
  const parent = dirname(directory);
  return parent !== directory && isInstalled(name, parent);
}
