import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const PAGE_BYTES = 4_096;

/** Resident memory of a process, in bytes (Linux). */
export function residentBytes(pid: number): number {
  const [, pages = "0"] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  return Number(pages) * PAGE_BYTES;
}

/** What the open file descriptors of a process are, one text for each: a path, `socket:[…]`, `pipe:[…]` (Linux). */
export function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(`${folder}/${fd}`)];
    } catch {
      return []; // closed since the folder was read
    }
  });
}
