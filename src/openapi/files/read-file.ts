import { parseContent } from "../read.ts";
import type { LoadedFile } from "./bundle.ts";
import type { FileContent } from "./file-loader.ts";

/** What is in a file as it came, or why that cannot be told. */
export function readFile(content: FileContent): LoadedFile {
  if ("fault" in content) return content;
  try {
    return { value: parseContent(Buffer.concat(content.chunks)) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
