// Fetches the manifests of the Salesforce CLI's plugins, in the versions that @salesforce/cli 2.150.6 has, into the folder given.
// Only the plugins' own archives come, not what they depend on.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PINNED = JSON.parse(readFileSync(new URL("manifests.json", import.meta.url), "utf8"));

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
for (const [plugin, integrity] of Object.entries(PINNED)) {
  const file = join(folder, `${plugin.replaceAll(/[@/]/g, "_")}.json`);
  if (!existsSync(file)) writeFileSync(file, manifest(plugin, integrity));
}

function manifest(plugin, integrity) {
  const archive = execFileSync("npm", ["pack", plugin, "--silent", "--pack-destination", folder], { encoding: "utf8" });
  const path = join(folder, archive.trim());
  const actual = `sha512-${createHash("sha512").update(readFileSync(path)).digest("base64")}`;
  if (actual !== integrity) throw new Error(`${plugin} has the digest ${actual}, not ${integrity}`);
  return execFileSync("tar", ["-xzOf", path, "package/oclif.manifest.json"]);
}
