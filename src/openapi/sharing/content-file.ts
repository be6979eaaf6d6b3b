import { mkdtemp, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packed, unpacked } from "./packed.ts";
import type { DocumentsContent } from "./state.ts";

/** A folder for such files, which nobody else can read; undefined if there is no place for one. */
export async function contentFolder(): Promise<string | undefined> {
  return mkdtemp(join(tmpdir(), "sluice-documents-")).catch(() => undefined);
}

/** Writes a file that is there as a whole or not at all, and answers its path. Megabytes go piece by piece: requests get their turns between. */
export async function writeContent(folder: string, content: DocumentsContent): Promise<string> {
  const path = join(folder, crypto.randomUUID());
  const draft = `${path}.part`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      for (const part of packed(published(content))) await file.writeFile(part);
    } finally {
      await file.close();
    }
    await rename(draft, path);
    return path;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

/** The verdicts of a merge are for the process that has asked for it. */
function published({ result, kept }: DocumentsContent): DocumentsContent {
  return { result: result && { ...result, sources: [] }, kept };
}

export async function readContent(file: string): Promise<DocumentsContent> {
  return unpacked(await readFile(file)) as DocumentsContent;
}

/** Removes what a process has left that wrote there before. */
export async function removeOthers(folder: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if (!kept.includes(path)) await removeContent(path);
  }
}

/** Whoever reads it meanwhile has it until the end. */
export async function removeContent(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => {});
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => {});
}
