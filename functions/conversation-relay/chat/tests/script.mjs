// The script's parts, as `chat_script.rs` joins them, without a browser.

import { readFileSync } from "node:fs";
import vm from "node:vm";

const folder = new URL("../", import.meta.url);
const rust = readFileSync(new URL("../src/chat_script.rs", folder), "utf8");

/** The files of the script, in its order. */
export const files = [...rust.matchAll(/include_str!\("\.\.\/chat\/(.+?)"\)/g)].map((match) => match[1]);

/** The values of these names, of the parts that need no page. */
export function load(...names) {
  const parts = files.filter((file) => file !== "element.js").map((file) => readFileSync(new URL(file, folder), "utf8"));
  return vm.runInThisContext(`(() => { "use strict"; ${parts.join("")} return { ${names.join(", ")} }; })()`);
}

/** What a window remembers, for as long as a test. */
export class Memory {
  values = new Map();
  read = (name, fallback) => structuredClone(this.values.get(name)) ?? fallback;
  write = (name, value) => this.values.set(name, structuredClone(value));
  forget = (...names) => names.forEach((name) => this.values.delete(name));
}

/** Lets everything that is ready go on. */
export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
