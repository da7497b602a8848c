import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { LOG, beginSecrecy, expectSecrecy } from "./secrecy";

/** Time in which a stack must be ready; the functions may have to be built before. */
const STARTING_MS = 15 * 60_000;
const ENDING_MS = 60_000;

/** Addresses of the local stack that all tests share, without a slash at the end. */
export interface Stack {
  /** The API, and the page `/chat/`. */
  api: string;
  /** The Salesforce simulator, with its agent console and its control API. */
  simulator: string;
}

/** The stack that the run has started. */
export function stack(): Stack {
  const addresses = process.env.LOCAL_STACK;
  if (addresses === undefined) {
    throw new Error("the local stack is not running");
  }
  return JSON.parse(addresses) as Stack;
}

/**
 * Starts `cargo local`, and gives Playwright what ends it as Ctrl-C does: its exit code must be 0, and nothing may stand in its log that
 * was to be kept.
 */
export default async function start(): Promise<() => Promise<void>> {
  beginSecrecy();
  const local = spawn("cargo", ["local", "--no-demo", "--port", "0", "--verbose"], {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    stdio: ["ignore", "pipe", openSync(LOG, "a")],
  });
  process.env.LOCAL_STACK = JSON.stringify(await addresses(local));
  return async () => {
    await end(local);
    expectSecrecy();
  };
}

async function addresses(local: ChildProcess): Promise<Stack> {
  const late = setTimeout(() => local.kill("SIGINT"), STARTING_MS);
  const found = new Map<string, string>();
  for await (const line of createInterface({ input: local.stdout! })) {
    if (line === "ready") {
      clearTimeout(late);
      return { api: origin(found, "api"), simulator: origin(found, "console") };
    }
    const [name = "", url = ""] = line.split(/ +/);
    found.set(name, url);
  }
  throw new Error(`cargo local did not become ready: see ${LOG}`);
}

function origin(lines: Map<string, string>, name: string): string {
  return new URL(lines.get(name) ?? "").origin;
}

async function end(local: ChildProcess): Promise<void> {
  if (local.exitCode === null && local.signalCode === null) {
    const ended = once(local, "exit", { signal: AbortSignal.timeout(ENDING_MS) });
    local.kill("SIGINT");
    await ended;
  }
  if (local.exitCode !== 0) {
    throw new Error(`cargo local ended with ${local.exitCode ?? local.signalCode}`);
  }
}
