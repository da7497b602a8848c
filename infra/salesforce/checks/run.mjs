// Runs all checks on this project, or on that in the folder given; prints what is wrong and ends with 1 if anything is.
import { fileURLToPath } from "node:url";
import { CHECKS } from "./all.mjs";

const PROJECT = process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  const problems = await check(PROJECT);
  console.log(`${problems.length === 0 ? "ok" : "FAILED"}: ${name}`);
  for (const problem of problems) console.log(`  ${problem}`);
  if (problems.length > 0) failed += 1;
}
process.exitCode = failed > 0 ? 1 : 0;
