import { randomUUID } from "node:crypto";
import { keep } from "./secrecy";
import { stack } from "./stack";

const PLATFORM_KEY = "local-platform-key";
const DEVELOPER_NAME = "Fullview_Messaging_Deployment";
const CLIENT_SECRET = "client-5ecret-of-the-org";
const MESSAGING = { hiddenPreChatFields: ["FullviewEscalationId", "Name", "Plan"], toldQueuePosition: true };
const WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** What the backend of a company gives to its page. */
export interface Escalation {
  escalationId: string;
  conversationToken: string;
}

/** What the simulator's control API does to a conversation. */
export type Action = { kind: string } & Record<string, unknown>;

/** What a test reads of a conversation in Salesforce. */
export interface Conversation {
  routingAttributes: Record<string, string>;
  entries: { entryType: string; sender: { role: string }; text: string | null }[];
}

/** Settings of an organisation, as the API has them. */
export type Settings = Record<string, unknown> & { version: number };

/** What a test reads of an escalation. */
export interface EscalationView {
  status: string;
  by: string | null;
  decision: { route: string; reason: string; nextOpening: string | null } | null;
  case: { id: string; number: string | null; by: string } | null;
}

/** A company of its own for one test, and its simulated Salesforce org of the same name. */
export class Organisation {
  readonly developerName = DEVELOPER_NAME;
  readonly clientSecret = CLIENT_SECRET;

  private constructor(
    readonly id: string,
    readonly organizationId: string,
  ) {}

  /** Makes it without settings; its org is ready for them, apart from the package. */
  static async make(): Promise<Organisation> {
    const id = `browser-${randomUUID()}`;
    keep(CLIENT_SECRET);
    const org = await control<{ organizationId: string }>("PUT", `/orgs/${id}`, {
      clientSecret: CLIENT_SECRET,
      messaging: MESSAGING,
    });
    const organisation = new Organisation(id, org.organizationId);
    await organisation.#call("PUT", "", { name: "Analytical Engines" });
    return organisation;
  }

  /** Sets it up, open at all hours. An escalation that nobody accepts waits for 20 minutes. */
  async setUp(): Promise<Organisation> {
    await this.#call("PUT", "/settings", this.#settings(), { "if-match": '"0"' });
    await this.changeMessaging({});
    return this;
  }

  /** The org's host, which stands for its My Domain. */
  get domain(): string {
    return new URL(stack().simulator).host;
  }

  #settings(): object {
    const { organizationId, developerName, clientSecret } = this;
    return {
      integrationType: "fullviewFlow",
      salesforce: { domain: this.domain, clientId: this.id, clientSecret },
      messaging: { organizationId, developerName, url: stack().simulator },
      businessHours: openAt("00:00", "24:00"),
      routingAttributes: [{ attribute: "name", value: "Name" }],
      rescue: { longestWaitMinutes: 20 },
    };
  }

  /** A new key of its own. */
  async makeKey(): Promise<{ keyId: string; key: string }> {
    const made = await this.#call<{ keyId: string; key: string }>("POST", "/keys", {});
    keep(made.key);
    return made;
  }

  async settings(): Promise<Settings> {
    return this.#call<Settings>("GET", "/settings");
  }

  /** Changes members of the settings, as another admin does. */
  async changeSettings(changes: object): Promise<void> {
    const settings = await this.settings();
    await this.#call("PUT", "/settings", { ...settings, ...changes }, { "if-match": `"${settings.version}"` });
  }

  /** Changes members of the org, such as what its people may do. */
  async changeOrg(changes: object): Promise<void> {
    await control("PATCH", `/orgs/${this.id}`, changes);
  }

  /** Changes the org's Messaging; the package in it knows where to call, with a new token. */
  async changeMessaging(changes: object): Promise<void> {
    const { token } = await this.#call<{ token: string }>("POST", "/settings/escalations-tokens", { overlapHours: 0 });
    keep(token);
    const callback = { endpoint: stack().api, organisationId: this.id, escalationsToken: token };
    await this.changeOrg({ messaging: { ...MESSAGING, callback, ...changes } });
  }

  /** Puts another token into the package's settings. */
  async putToken(escalationsToken: string): Promise<void> {
    await this.changeMessaging({ callback: { endpoint: stack().api, organisationId: this.id, escalationsToken } });
  }

  /** Lets the next call of a route of this org fail. */
  async failOnce(route: string, effect: object): Promise<void> {
    await control("POST", "/faults", { org: this.id, route, times: 1, effect });
  }

  /** Escalates a conversation of a customer of this name; answers when it waits for an agent or is over. */
  async escalate(name: string, properties: Record<string, string> = {}): Promise<Escalation> {
    const text = "The export of invoices stops at 80 percent.";
    const message = { role: "customer", author: name, text, sentAt: new Date().toISOString() };
    const conversation = { id: randomUUID(), subject: "Invoice export fails", messages: [message] };
    const body = { conversation, customer: { name, properties }, reason: "customerRequested" };
    [name, text].forEach(keep);
    const escalation = await this.#call<Escalation>("POST", "/escalations", body, { prefer: "wait=25" });
    keep(escalation.conversationToken);
    return escalation;
  }

  /** The escalation as the API has it. */
  async escalation({ escalationId }: Escalation): Promise<EscalationView> {
    return this.#call<EscalationView>("GET", `/escalations/${escalationId}`);
  }

  /** The Cases in Salesforce. */
  async cases(): Promise<Record<string, unknown>[]> {
    return control<Record<string, unknown>[]>("GET", `/orgs/${this.id}/cases`);
  }

  /** Lets something happen in a conversation of which the console has no button. */
  async play({ escalationId }: Escalation, action: Action): Promise<void> {
    await control("POST", `/orgs/${this.id}/conversations/${escalationId}/actions`, action);
  }

  /** The conversation as Salesforce has it. */
  async conversation({ escalationId }: Escalation): Promise<Conversation> {
    return control<Conversation>("GET", `/orgs/${this.id}/conversations/${escalationId}`);
  }

  async #call<T>(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<T> {
    const url = `${stack().api}/v1/organisations/${this.id}${path}`;
    return request<T>(method, url, body, { authorization: `Bearer ${PLATFORM_KEY}`, ...headers });
  }
}

/** Business hours that are the same each day, in UTC. */
export function openAt(open: string, close: string): object {
  const hours = WEEK.map((day) => [day, [{ open, close }]]);
  return { timeZone: "Etc/UTC", weekly: Object.fromEntries(hours), exceptions: [], holidays: null };
}

/** Business hours in which it is never open. */
export const NEVER_OPEN = { timeZone: "Etc/UTC", weekly: {}, exceptions: [], holidays: null };

function control<T>(method: string, path: string, body?: object): Promise<T> {
  return request<T>(method, `${stack().simulator}/control${path}`, body, {});
}

async function request<T>(
  method: string,
  url: string,
  body: object | undefined,
  headers: Record<string, string>,
): Promise<T> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...content,
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  }
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
