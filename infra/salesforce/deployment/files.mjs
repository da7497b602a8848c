import { readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** Paths of the files below `folder`, relative to it, in alphabetical order. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}
