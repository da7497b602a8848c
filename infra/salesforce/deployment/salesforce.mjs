// The org, through the official client `sf`.
import { spawnSync } from "node:child_process";

/** How long a deployment may take, in minutes. */
const WAIT_MINUTES = "60";

export class Salesforce {
  /** `folder` is the project that is deployed. */
  constructor(org, folder) {
    this.org = org;
    this.folder = folder;
  }

  /** `{ id, username, instanceUrl }` of the org; fails if nobody is logged in. */
  display() {
    return this.#run(["org", "display"]);
  }

  /** Deploys a package, with these values for its placeholders and, if any are named, these Apex tests. */
  deploy(name, values, tests) {
    const testing =
      tests.length > 0 ? ["--test-level", "RunSpecifiedTests", ...tests.flatMap((test) => ["--tests", test])] : [];
    const source = ["--source-dir", `packages/${name}`];
    return this.#run(
      ["project", "deploy", "start", ...source, "--wait", WAIT_MINUTES, "--ignore-conflicts", ...testing],
      values,
    );
  }

  /** Writes what the org has of these packages below `folder`, in the Metadata API's format. */
  retrieve(names, folder) {
    const sources = names.flatMap((name) => ["--source-dir", `packages/${name}`]);
    const target = ["--target-metadata-dir", folder, "--unzip"];
    return this.#run(["project", "retrieve", "start", ...sources, ...target, "--wait", WAIT_MINUTES]);
  }

  /** Deletes a package's components; those that are not there are passed over. */
  delete(name) {
    return this.#run([
      "project",
      "delete",
      "source",
      "--source-dir",
      `packages/${name}`,
      "--wait",
      WAIT_MINUTES,
      "--no-prompt",
    ]);
  }

  query(soql, { tooling = false } = {}) {
    return this.#run(["data", "query", "--query", soql, ...(tooling ? ["--use-tooling-api"] : [])]).records;
  }

  update(sobject, id, values) {
    return this.#run(["data", "update", "record", "--sobject", sobject, "--record-id", id, "--values", values]);
  }

  deleteRecord(sobject, id, { tooling = false } = {}) {
    const api = tooling ? ["--use-tooling-api"] : [];
    return this.#run(["data", "delete", "record", "--sobject", sobject, "--record-id", id, ...api]);
  }

  assignPermissionSet(name, username) {
    return this.#run(["org", "assign", "permset", "--name", name, "--on-behalf-of", username]);
  }

  /** A REST call; its answer, or null if it is empty. */
  request(method, path, body) {
    const output = this.#spawn(
      ["api", "request", "rest", path, "--method", method, "--body", JSON.stringify(body)],
      {},
    );
    return output.trim() === "" ? null : parsed(output);
  }

  #run(args, values = {}) {
    const answer = parsed(this.#spawn([...args, "--json"], values));
    return answer.result;
  }

  #spawn(args, values) {
    const { status, stdout, stderr, error } = spawnSync("sf", [...args, "--target-org", this.org], {
      cwd: this.folder,
      encoding: "utf8",
      env: { ...process.env, ...values, FULLVIEW_API_KEY: "" },
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error?.code === "ENOENT")
      throw new Error("the Salesforce CLI is missing: npm install --global @salesforce/cli");
    if (error) throw error;
    if (status !== 0)
      throw new Error(`sf ${args.slice(0, 3).join(" ")}: ${reason(stdout) ?? (stderr.trim() || `status ${status}`)}`);
    return stdout;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("sf answered something that is not JSON");
  }
}

/**
 * What `sf` says went wrong: its message, or what was wrong with each component, test, class of too few tests or assignment; or
 * what Salesforce answered.
 */
function reason(stdout) {
  try {
    const answer = JSON.parse(stdout);
    if (Array.isArray(answer)) return answer.map((error) => error.message).join("\n  ") || null;
    const { message, result } = answer;
    const { componentFailures, runTestResult } = result?.details ?? {};
    return (
      [
        message,
        result?.errorMessage,
        ...each(componentFailures, ({ fullName, problem }) => `${fullName}: ${problem}`),
        ...each(runTestResult?.failures, ({ name, methodName, message: told }) => `${name}.${methodName}: ${told}`),
        ...each(runTestResult?.codeCoverageWarnings, named),
        ...each(result?.failures, named),
      ]
        .filter(Boolean)
        .join("\n  ") || null
    );
  } catch {
    return null;
  }
}

/** Salesforce gives what is alone without a list. */
const each = (items, tell) => [items ?? []].flat().map(tell);

/** A warning about the whole org has no name. */
const named = ({ name, message }) => (name ? `${name}: ${message}` : message);
