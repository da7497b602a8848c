// What the command is asked to do. Nothing has a default that would be a guess.
import { parseArgs } from "node:util";

export const USAGE = `Deploys Fullview's part of a Salesforce org.

  FULLVIEW_API_KEY=… deploy --org ALIAS --endpoint URL --organisation ID --integration-user USERNAME --contact-email EMAIL
                            [--integration-type omniChannelFlow|fullviewFlow] [--without-messaging] [--skip PACKAGE]…
                            [--overwrite]
  deploy --org ALIAS --remove [--skip PACKAGE]… [--overwrite]

  --org                the org's alias or username, as "sf org login web --alias ALIAS" made it
  --endpoint           the address of Fullview's API, https://…
  --organisation       the organisation's id in Fullview
  --integration-user   the username (not the e-mail address) of the user that makes the Cases
  --contact-email      whom Salesforce writes to about the External Client App
  --integration-type   as you will choose it in Fullview; needed until the organisation has settings there
  --without-messaging  Cases only: no channel, no flow, no Apex
  --skip               leaves a package as it is in the org, such as a flow or channel of your own: settings, case,
                       callback, routing, channel, deployment, app
  --overwrite          deploys over what was changed in the org since the last time, or removes it, which otherwise
                       stops the command
  --remove             removes what this command has deployed, with the ids of escalations on Cases; Salesforce's
                       settings stay on
  FULLVIEW_API_KEY     a key of the platform or of the organisation, with which the settings are read`;

export class UsageError extends Error {}

const OPTIONS = {
  org: { type: "string" },
  endpoint: { type: "string" },
  organisation: { type: "string" },
  "integration-user": { type: "string" },
  "contact-email": { type: "string" },
  "integration-type": { type: "string" },
  "without-messaging": { type: "boolean", default: false },
  skip: { type: "string", multiple: true, default: [] },
  overwrite: { type: "boolean", default: false },
  remove: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const FORMS = {
  org: [/^[^\s-][^\s]*$/, "an alias or a username"],
  endpoint: [/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)(:|$))[^\s"<>&]*$/, "an address that starts with https://"],
  organisation: [/^[a-z0-9-]{1,64}$/, "an organisation's id of a-z, 0-9 and -"],
  "integration-user": [/^[^\s'"<>&\\]+@[^\s'"<>&\\]+$/, "a username, which has the form of an e-mail address"],
  "contact-email": [/^[^\s'"<>&\\]+@[^\s'"<>&\\]+$/, "an e-mail address"],
};

const INTEGRATION_TYPES = ["omniChannelFlow", "fullviewFlow"];
/** In the order of deployment. */
export const PACKAGES = ["settings", "case", "callback", "routing", "channel", "deployment", "app"];
const WITHOUT_MESSAGING = ["case", "app"];
/** A removal has no use for more: what was deployed, the org tells. */
const OF_REMOVAL = ["org", "remove", "skip", "overwrite"];

export function parse(argv, environment) {
  const values = readOptions(argv);
  if (values.help) return { help: true };
  const needed = values.remove ? ["org"] : Object.keys(FORMS);
  for (const name of needed) check(name, values[name]);
  if (values.remove) refuseWithoutEffect(values);
  checkSkipped(values);
  const integrationType = values["integration-type"];
  if (integrationType !== undefined && !INTEGRATION_TYPES.includes(integrationType)) {
    throw new UsageError(`--integration-type is none of ${INTEGRATION_TYPES.join(", ")}`);
  }
  if (!values.remove && !environment.FULLVIEW_API_KEY) throw new UsageError("the variable FULLVIEW_API_KEY is missing");
  return {
    org: values.org,
    endpoint: values.endpoint?.replace(/\/$/, ""),
    organisation: values.organisation,
    integrationUser: values["integration-user"],
    contactEmail: values["contact-email"],
    integrationType,
    messaging: !values["without-messaging"],
    skipped: values.skip,
    overwrite: values.overwrite,
    remove: values.remove,
    key: environment.FULLVIEW_API_KEY,
  };
}

function readOptions(argv) {
  try {
    return parseArgs({ args: argv, options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function refuseWithoutEffect(values) {
  const given = Object.keys(OPTIONS).filter((name) => ![undefined, false].includes(values[name]));
  const other = given.find((name) => !OF_REMOVAL.includes(name));
  if (other) throw new UsageError(`--${other} has no effect with --remove`);
}

function checkSkipped(values) {
  const known = values["without-messaging"] ? WITHOUT_MESSAGING : PACKAGES;
  const packages = values.remove ? known.filter((name) => name !== "settings") : known;
  for (const name of values.skip) {
    if (!packages.includes(name)) throw new UsageError(`--skip ${name}: the packages are ${packages.join(", ")}`);
  }
}

function check(name, value) {
  const [form, description] = FORMS[name];
  if (value === undefined) throw new UsageError(`--${name} is missing (--help tells what it is)`);
  if (!form.test(value)) throw new UsageError(`--${name} is not ${description}`);
}
