// An org of its own for each test: the stand-in for `sf` keeps its metadata, the Salesforce simulator its records.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const DEPLOY = fileURLToPath(new URL("../deploy", import.meta.url));
export const USER = "fullview@acme.example";
export const ADMIN = "admin@acme.example";
export const PACKAGES = ["settings", "case", "callback", "routing", "channel", "deployment", "app"];

const STAND_IN = fileURLToPath(new URL("stand_in/sf.mjs", import.meta.url));
const { SALESFORCE_SIMULATOR, STAND_IN_MANIFESTS } = process.env;
if (!SALESFORCE_SIMULATOR || !STAND_IN_MANIFESTS)
  throw new Error("run tests/salesforce_deploy.sh, which starts what is needed");

/** An org in which the admin and the integration user exist, and nothing of Fullview. */
export class Org {
  static async make() {
    const clientId = `deploy-${randomUUID()}`;
    const settings = { clientSecret: "secret", users: [USER, ADMIN].map((name) => ({ name })) };
    const { organizationId } = await send("PUT", `/control/orgs/${clientId}`, settings);
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: "secret",
    });
    const answer = await fetch(`${SALESFORCE_SIMULATOR}/services/oauth2/token`, { method: "POST", body: form });
    return new Org(clientId, organizationId, (await answer.json()).access_token);
  }

  constructor(clientId, id, accessToken) {
    this.clientId = clientId;
    this.accessToken = accessToken;
    this.folder = mkdtempSync(join(tmpdir(), "fullview-deploy-test-"));
    for (const name of ["bin", "tmp"]) mkdirSync(join(this.folder, name));
    symlinkSync(STAND_IN, join(this.folder, "bin", "sf"));
    const display = { id, username: ADMIN, instanceUrl: "https://acme.my.salesforce.com", accessToken };
    const empty = { packages: [], files: {}, tests: [], log: [] };
    this.#write({ alias: "acme", clientId, rest: SALESFORCE_SIMULATOR, display, ...empty });
  }

  #write(state) {
    writeFileSync(join(this.folder, "org.json"), JSON.stringify(state));
  }

  /** What the stand-in keeps: `packages`, `files` by their paths, the `tests` that were run, and a `log` of its commands. */
  get state() {
    return JSON.parse(readFileSync(join(this.folder, "org.json"), "utf8"));
  }

  /** Changes what the stand-in keeps, as someone in Setup would. */
  change(edit) {
    const state = this.state;
    edit(state);
    this.#write(state);
  }

  /** Changes a file of the org. */
  edit(path, from, to) {
    this.change(({ files }) => {
      if (!files[path]?.includes(from)) throw new Error(`${path} has no ${from}`);
      files[path] = files[path].replace(from, to);
    });
  }

  async query(soql, api = "") {
    const path = `/services/data/v66.0/${api}query?q=${encodeURIComponent(soql)}`;
    return (await send("GET", path, undefined, { authorization: `Bearer ${this.accessToken}` })).records;
  }

  /** Who has which permission set. */
  async assigned() {
    const rows = await this.query("SELECT PermissionSet.Name, Assignee.Username FROM PermissionSetAssignment");
    return rows.map(({ PermissionSet, Assignee }) => `${PermissionSet.Name}: ${Assignee.Username}`);
  }

  async deleteAssignment(id) {
    const headers = { authorization: `Bearer ${this.accessToken}` };
    await send("DELETE", `/services/data/v66.0/sobjects/PermissionSetAssignment/${id}`, undefined, headers);
  }

  /** The next call of this kind is refused by Salesforce with this message. */
  async refuse(route, message) {
    const effect = { kind: "refuse", status: 400, errorCode: "FIELD_INTEGRITY_EXCEPTION", message };
    await send("POST", "/control/faults", { org: this.clientId, route, times: 1, effect });
  }

  /** Method and path of every REST call that this org got, but for queries. */
  async calls() {
    const requests = await send("GET", "/control/requests");
    return requests
      .filter(({ org, path }) => org === this.clientId && !/query|oauth2/.test(path))
      .map(({ method, path }) => `${method} ${path}`);
  }

  /** Runs the deploy command; `path` is where it finds `sf`. */
  run(args, { key = "key", path = join(this.folder, "bin") } = {}) {
    const environment = {
      FULLVIEW_API_KEY: key,
      PATH: [path, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
      STAND_IN_MANIFESTS,
      STAND_IN_ORG: join(this.folder, "org.json"),
      TMPDIR: join(this.folder, "tmp"),
    };
    const child = spawn(DEPLOY, args, { env: environment });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    return new Promise((resolve) => child.on("close", (status) => resolve({ status, output })));
  }

  /** The packages that were deployed, in their order. */
  get deployed() {
    const lines = this.state.log.filter((line) => line.startsWith("project deploy"));
    return lines.map((line) => line.split("/")[1]);
  }

  forget() {
    rmSync(this.folder, { recursive: true });
  }
}

/** The options that a deployment needs, and more. */
export const options = (endpoint, organisation, ...more) => [
  ...["--org", "acme", "--endpoint", endpoint, "--organisation", organisation],
  ...["--integration-user", USER, "--contact-email", "it@acme.example", ...more],
];

async function send(method, path, body, headers = {}) {
  const response = await fetch(`${SALESFORCE_SIMULATOR}${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}
