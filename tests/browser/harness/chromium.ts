import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of the Chromium that runs the tests: that of the variable `CHROMIUM`, else the first one on the PATH. */
export function chromium(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) =>
    folders.map((folder) => join(folder, name)),
  );
  const found = process.env.CHROMIUM ?? candidates.find(isExecutable);
  if (found === undefined) {
    throw new Error("there is no Chromium on the PATH; install it, or set CHROMIUM to the path of one");
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
