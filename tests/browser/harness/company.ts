import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Escalation } from "./organisation";
import type { Language } from "./texts";

/** How a company's page shows the chat. */
export interface Look {
  /** The page's language, English by default. */
  lang?: Language;
}

/** A company's web site with the chat on its page, as strict as a site can be: nothing but the script is allowed. */
export class Company {
  readonly #server: Server;

  private constructor(api: string) {
    const policy = `default-src 'none'; script-src ${api}; connect-src ${api}; img-src blob:; base-uri 'none'; form-action 'none'`;
    this.#server = createServer((request, response) => {
      const query = new URL(request.url ?? "/", "http://localhost").searchParams;
      response.setHeader("content-security-policy", policy);
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(page(api, query));
    });
  }

  /** A site that has its script from this address. */
  static async open(api: string): Promise<Company> {
    const company = new Company(api);
    company.#server.listen(0, "127.0.0.1");
    await once(company.#server, "listening");
    return company;
  }

  /** Address of the page that shows an escalation's chat. */
  page(escalation: Escalation, { lang = "en" }: Look = {}): string {
    const { port } = this.#server.address() as AddressInfo;
    const { escalationId, conversationToken } = escalation;
    return `http://127.0.0.1:${port}/?${new URLSearchParams({ escalationId, conversationToken, lang })}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function page(api: string, query: URLSearchParams): string {
  const attribute = (name: string) => `"${(query.get(name) ?? "").replace(/[^A-Za-z0-9._~+/=-]/g, "")}"`;
  return `<!doctype html>
<html lang=${attribute("lang")}>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Analytical Engines</title>
<script src="${api}/chat.js" async></script>
<main>
<h1>Analytical Engines</h1>
<fullview-chat escalation=${attribute("escalationId")} token=${attribute("conversationToken")}></fullview-chat>
</main>
</html>`;
}
