// Wires the deploy command: what is asked, what Fullview's settings say, what is done, what remains.
import { rmSync } from "node:fs";
import { USAGE, UsageError, parse } from "./arguments.mjs";
import { deploy } from "./deploy.mjs";
import { copyOfProject } from "./project.mjs";
import { remove } from "./remove.mjs";
import { Salesforce } from "./salesforce.mjs";
import { readSettings } from "./settings_api.mjs";

async function main() {
  const request = parse(process.argv.slice(2), process.env);
  if (request.help) return console.log(USAGE);
  const settings = request.remove ? null : await readSettings(request);
  const folder = copyOfProject(settings);
  const failed = [];
  try {
    const salesforce = new Salesforce(request.org, folder);
    const act = request.remove ? remove : deploy;
    report("Remains to be done by hand:", act(salesforce, request, settings, failed));
    process.exitCode = failed.length > 0 ? 1 : 0;
  } finally {
    report("Failed, and is to be done by hand or by running this again:", failed);
    rmSync(folder, { recursive: true });
  }
}

function report(heading, lines) {
  if (lines.length === 0) return;
  console.log(`\n${heading}`);
  lines.forEach((line, index) => console.log(`${index + 1}. ${line}`));
}

main().catch((error) => {
  console.error(`deploy: ${error.message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
