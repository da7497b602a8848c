// Apex as prettier formats it; its parser is that of Salesforce's compiler.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import prettier from "prettier";
import * as apex from "prettier-plugin-apex";
import { filesBelow } from "./files.mjs";

const STYLE = { parser: "apex", plugins: [apex], tabWidth: 4, printWidth: 120 };

export async function format(project) {
  const problems = [];
  for (const file of filesBelow(project).filter((path) => path.endsWith(".cls"))) {
    try {
      const isFormatted = await prettier.check(readFileSync(join(project, file), "utf8"), STYLE);
      if (!isFormatted) problems.push(`${file}: not formatted (infra/salesforce/check --format does it)`);
    } catch (error) {
      problems.push(`${file}: ${error.message.split("\n")[0]}`);
    }
  }
  return problems;
}
