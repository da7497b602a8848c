// What the stand-in takes is what the Salesforce CLI's own manifests say, and no more.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readCommandLine } from "./stand_in/command_line.mjs";

const read = (line) => readCommandLine(line.split(" "), process.env.STAND_IN_MANIFESTS);
const UPDATE = "data update record --sobject X --values A=1";

describe("the Salesforce CLI's manifests", () => {
  test("know the commands of the deploy command", () => {
    const { command, flags, positionals } = read("api request rest /services/data --method GET --target-org acme");
    assert.deepEqual(
      [command, { ...flags }, positionals],
      ["api request rest", { method: "GET", "target-org": "acme" }, ["/services/data"]],
    );
  });

  const refusals = [
    ["a command that does not exist", "project remove source --target-org acme", /not a sf command/],
    ["a flag that does not exist", "data query --query x --tooling --target-org acme", /Unknown option '--tooling'/],
    ["a flag without its value", "data query --target-org acme --query", /argument missing/],
    [
      "a value for a flag that takes none",
      "data query --query x --use-tooling-api=1 --target-org acme",
      /does not take an argument/,
    ],
    ["no org", "data query --query x", /Missing required flag target-org/],
    [
      "a value that is none of the flag's",
      "api request rest /x --method FETCH --target-org acme",
      /--method=FETCH to be one of/,
    ],
    ["a flag twice that is taken once", `${UPDATE} --values B=2 --target-org acme`, /only be specified once/],
    ["an argument for a command that has none", `${UPDATE} more --target-org acme`, /Unexpected argument: more/],
    [
      "flags that exclude each other",
      "project retrieve start --source-dir a --output-dir b --target-org acme",
      /cannot also be provided/,
    ],
    [
      "a flag without the one that it needs",
      "project retrieve start --source-dir a --unzip --target-org acme",
      /--target-metadata-dir must be/,
    ],
  ];
  for (const [fact, line, expected] of refusals)
    test(`refuse ${fact}`, () => assert.throws(() => read(line), expected));
});
