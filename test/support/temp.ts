import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of its own for one test, removed with all it holds at the end of the block: `using folder = tempFolder()`. */
export interface TempFolder extends Disposable {
  readonly path: string;
  /** Writes a file, and the folders it needs; answers its absolute path. */
  write(name: string, content: string | Uint8Array): string;
  /** The absolute path of a name in the folder. */
  file(name: string): string;
  remove(): void;
}

export function tempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), "sluice-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  return {
    path,
    file: (name) => join(path, name),
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    remove,
    [Symbol.dispose]: remove,
  };
}
