import { randomUUID } from "node:crypto";
import { stack } from "./stack";

const PLATFORM_KEY = "local-platform-key";
const DEVELOPER_NAME = "Fullview_Messaging_Deployment";
const CLIENT_SECRET = "secret";
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
  entries: { entryType: string; sender: { role: string }; text: string | null }[];
}

/** A company of its own for one test, open at all hours, and its simulated Salesforce org of the same name. */
export class Organisation {
  private constructor(readonly id: string) {}

  /** Makes it. An escalation that nobody accepts waits for 20 minutes. */
  static async make(): Promise<Organisation> {
    const organisation = new Organisation(`browser-${randomUUID()}`);
    const org = await control<{ organizationId: string }>("PUT", `/orgs/${organisation.id}`, {
      clientSecret: CLIENT_SECRET,
    });
    await organisation.#call("PUT", "", { name: "Analytical Engines" });
    await organisation.#call("PUT", "/settings", organisation.#settings(org.organizationId), { "if-match": '"0"' });
    await organisation.changeMessaging({});
    return organisation;
  }

  #settings(organizationId: string): object {
    const { host } = new URL(stack().simulator);
    const hours = WEEK.map((day) => [day, [{ open: "00:00", close: "24:00" }]]);
    return {
      integrationType: "fullviewFlow",
      salesforce: { domain: host, clientId: this.id, clientSecret: CLIENT_SECRET },
      messaging: { organizationId, developerName: DEVELOPER_NAME, url: stack().simulator },
      businessHours: { timeZone: "Etc/UTC", weekly: Object.fromEntries(hours), exceptions: [], holidays: null },
      routingAttributes: [{ attribute: "name", value: "Name" }],
      rescue: { longestWaitMinutes: 20 },
    };
  }

  /** Changes the org's Messaging; the package in it knows where to call. */
  async changeMessaging(changes: object): Promise<void> {
    const { token } = await this.#call<{ token: string }>("POST", "/settings/escalations-tokens", { overlapHours: 0 });
    const callback = { endpoint: stack().api, organisationId: this.id, escalationsToken: token };
    const hiddenPreChatFields = ["FullviewEscalationId", "Name"];
    await control("PATCH", `/orgs/${this.id}`, { messaging: { callback, hiddenPreChatFields, ...changes } });
  }

  /** Escalates a conversation of a customer of this name; answers when it waits for an agent or is over. */
  async escalate(name: string): Promise<Escalation> {
    const text = "The export of invoices stops at 80 percent.";
    const message = { role: "customer", author: name, text, sentAt: new Date().toISOString() };
    const conversation = { id: randomUUID(), subject: "Invoice export fails", messages: [message] };
    const body = { conversation, customer: { name }, reason: "customerRequested" };
    return this.#call<Escalation>("POST", "/escalations", body, { prefer: "wait=25" });
  }

  /** Lets something happen in a conversation of which the console has no button. */
  async play({ escalationId }: Escalation, action: Action): Promise<void> {
    await control("POST", `/orgs/${this.id}/conversations/${escalationId}/actions`, action);
  }

  /** The conversation as Salesforce has it. */
  async conversation({ escalationId }: Escalation): Promise<Conversation> {
    return control<Conversation>("GET", `/orgs/${this.id}/conversations/${escalationId}`);
  }

  async #call<T>(method: string, path: string, body: object, headers: Record<string, string> = {}): Promise<T> {
    const url = `${stack().api}/v1/organisations/${this.id}${path}`;
    return request<T>(method, url, body, { authorization: `Bearer ${PLATFORM_KEY}`, ...headers });
  }
}

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
