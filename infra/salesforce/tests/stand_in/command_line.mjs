// Reads a command line as the Salesforce CLI does: its commands, flags and arguments are those of its own manifests.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** `{ command, flags, positionals }`, for example of `data query`; fails if the CLI would refuse it. */
export function readCommandLine(argv, folder) {
  const commands = readManifests(folder);
  const id = longestPrefix(argv).find((name) => name in commands);
  if (!id) throw new Error(`${argv.join(" ")} is not a sf command`);
  const { flags: known, args } = commands[id];
  const { values, positionals, tokens } = parseArgs({
    args: argv.slice(id.split(":").length),
    options: optionsOf(known),
    allowPositionals: true,
    tokens: true,
  });
  if (positionals.length > Object.keys(args ?? {}).length)
    throw new Error(`Unexpected argument: ${positionals.at(-1)}`);
  checkValues(known, values, tokens);
  checkRelations(known, values);
  return { command: id.replaceAll(":", " "), flags: values, positionals };
}

function readManifests(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return Object.assign({}, ...files.map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")).commands));
}

function longestPrefix(argv) {
  return argv.map((_, index) => argv.slice(0, argv.length - index).join(":"));
}

function optionsOf(known) {
  const option = ({ type, char, multiple }) => ({
    type: type === "boolean" ? "boolean" : "string",
    ...(char ? { short: char } : {}),
    ...(multiple ? { multiple: true } : {}),
  });
  return Object.fromEntries(Object.entries(known).map(([name, flag]) => [name, option(flag)]));
}

function checkValues(known, values, tokens) {
  for (const [name, { required, options, multiple }] of Object.entries(known)) {
    const given = tokens.filter((token) => token.kind === "option" && token.name === name);
    if (required && given.length === 0) throw new Error(`Missing required flag ${name}`);
    if (!multiple && given.length > 1) throw new Error(`Flag --${name} can only be specified once`);
    const refused = given.find(({ value }) => options && !options.includes(value));
    if (refused) throw new Error(`Expected --${name}=${refused.value} to be one of: ${options.join(", ")}`);
  }
}

function checkRelations(known, values) {
  const isGiven = (flag) => (flag.name ?? flag) in values;
  for (const name of Object.keys(values)) {
    const { exclusive = [], dependsOn = [], relationships = [] } = known[name];
    const other = exclusive.find(isGiven);
    if (other) throw new Error(`--${other}=${values[other]} cannot also be provided when using --${name}`);
    const missing = dependsOn.find((flag) => !isGiven(flag));
    if (missing) throw new Error(`--${missing} must be provided when using --${name}`);
    if (relationships.some(({ type, flags }) => type === "some" && !flags.some(isGiven)))
      throw new Error(`another flag must be provided when using --${name}`);
  }
}
