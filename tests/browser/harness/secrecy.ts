import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../../target/browser/secrecy/", import.meta.url));
const KEPT = `${FOLDER}kept`;
/** Shorter texts stand in logs by chance. */
const SHORTEST = 8;

/** Where the local stack writes what it and its functions say. */
export const LOG = `${FOLDER}log`;

/** Forgets what an earlier run kept. */
export function beginSecrecy(): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(KEPT, "");
  writeFileSync(LOG, "");
}

/** Remembers what may stand in no log: a key, a token, a person's words. */
export function keep(text: string): void {
  appendFileSync(KEPT, `${JSON.stringify(text)}\n`);
}

/** Fails if the log holds something that was to be kept. */
export function expectSecrecy(): void {
  const [kept, log] = [readFileSync(KEPT, "utf8"), readFileSync(LOG, "utf8")];
  const texts = kept.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as string);
  const told = [...new Set(texts)].filter((text) => text.length >= SHORTEST && log.includes(text));
  if (told.length > 0) {
    throw new Error(`${told.length} of what was to be kept stand in ${LOG}: ${told[0]}`);
  }
}
