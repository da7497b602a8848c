// The source becomes a package that Salesforce can be sent, with all placeholders replaced.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComponentSet, MetadataConverter } from "@salesforce/source-deploy-retrieve";
import { filesBelow, packagesOf } from "./files.mjs";

const PLACEHOLDER = /fullview-[a-z-]+@example\.invalid|fullview-api-endpoint\.invalid|>fullview-[a-z-]+</;

export async function convert(project) {
  const out = mkdtempSync(join(tmpdir(), "fullview-convert-"));
  const before = process.cwd();
  process.chdir(project);
  try {
    setReplacements(project);
    return await convertInto(project, out);
  } catch (error) {
    return [error.message];
  } finally {
    process.chdir(before);
    rmSync(out, { recursive: true });
  }
}

function setReplacements(project) {
  process.env.SF_APPLY_REPLACEMENTS_ON_CONVERT = "true";
  const { replacements } = JSON.parse(readFileSync(join(project, "sfdx-project.json"), "utf8"));
  for (const { replaceWithEnv } of replacements) process.env[replaceWithEnv] = `value-of-${replaceWithEnv}`;
}

async function convertInto(project, out) {
  const set = ComponentSet.fromSource(packagesOf(project).map((path) => join(project, path)));
  const known = new Set();
  for (const component of set.getSourceComponents()) {
    for (const path of [component.xml, component.content, ...component.walkContent()]) known.add(path);
    for (const child of component.getChildren()) known.add(child.xml);
  }
  const problems = packagesOf(project)
    .flatMap((path) => filesBelow(join(project, path)).map((file) => join(project, path, file)))
    .filter((file) => !known.has(file))
    .map((file) => `${file}: belongs to no component`);
  await new MetadataConverter().convert(set, "metadata", {
    type: "directory",
    outputDirectory: out,
    genUniqueDir: false,
  });
  for (const file of filesBelow(out)) {
    const left = readFileSync(join(out, file), "utf8").match(PLACEHOLDER);
    if (left) problems.push(`${file}: the placeholder ${left[0]} is not replaced`);
  }
  return problems;
}
