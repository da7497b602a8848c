// PMD's recommended rules for Apex.
import { CodeAnalyzer, CodeAnalyzerConfig } from "@salesforce/code-analyzer-core";
import { createEnginePlugin } from "@salesforce/code-analyzer-pmd-engine";

const EXCEPTIONS = {
  ApexDoc: "wants tags that repeat a signature; what a name can't say is documented",
  ApexSuggestUsingNamedCred: "the automated user of a routing flow can't be given a credential's principal",
  ApexUnitTestClassShouldHaveRunAs: "the code runs in system mode, whoever runs it",
};

export async function pmd(project) {
  const config = CodeAnalyzerConfig.fromObject({ engines: { pmd: { java_command: process.env.JAVA } } });
  const analyzer = new CodeAnalyzer(config);
  await analyzer.addEnginePlugin(createEnginePlugin());
  const workspace = await analyzer.createWorkspace([`${project}/packages`]);
  const rules = await analyzer.selectRules(["pmd:Recommended"], { workspace });
  if (rules.getCount() === 0) return ["PMD: no rule was selected"];
  const results = await analyzer.run(rules, { workspace });
  return results
    .getViolations()
    .filter((violation) => !(violation.getRule().getName() in EXCEPTIONS))
    .map((violation) => {
      const place = violation.getPrimaryLocation();
      return `${place.getFile()}:${place.getStartLine()}: ${violation.getRule().getName()}: ${violation.getMessage()}`;
    });
}
