/** What the API, or the way to it, answered instead of what was asked for. */
export class ApiError extends Error {
  /** `status` is 0 if nothing was answered. `problem` is the answer's body: `{code, title, detail, errors}`. */
  constructor(status, problem = {}) {
    super(problem.title ?? String(status));
    this.status = status;
    this.code = problem.code ?? null;
    this.detail = problem.detail ?? null;
    this.errors = problem.errors ?? [];
  }
}

/** Whether a text may be a key at all; others could not even be sent. */
export function isKey(text) {
  return /^[A-Za-z0-9_-]+$/.test(text);
}

/** The API of one organisation. The key is in this object only, and goes with it. */
export class Api {
  #organisation;
  #key;

  constructor(organisation, key) {
    this.#organisation = organisation;
    this.#key = key;
  }

  get organisation() {
    return this.#organisation;
  }

  /** The settings as they are shown, and their ETag: `{view, etag}`. */
  async settings() {
    return withTag(await this.#send("GET", "/settings"));
  }

  /** Replaces the settings of that ETag. */
  async putSettings(body, etag) {
    return withTag(await this.#send("PUT", "/settings", body, { "if-match": etag }));
  }

  async holidayCountries() {
    return (await this.#get("/settings/holiday-countries")).countries;
  }

  async customerProperties() {
    return (await this.#get("/settings/customer-properties")).properties;
  }

  async tokens() {
    return (await this.#get("/settings/escalations-tokens")).tokens;
  }

  createToken(overlapHours) {
    return this.#json("POST", "/settings/escalations-tokens", { overlapHours });
  }

  async retireToken(id) {
    await this.#send("DELETE", `/settings/escalations-tokens/${encodeURIComponent(id)}`);
  }

  /** Tests the stored settings, or those of a body. */
  async test(settings) {
    return (await this.#json("POST", "/settings/test", settings === null ? {} : { settings })).checks;
  }

  startCallbackTest() {
    return this.#json("POST", "/settings/callback-test", {});
  }

  /** The last callback test, or null if none was started. */
  async callbackTest() {
    try {
      return await this.#get("/settings/callback-test");
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }

  preview(question) {
    return this.#json("POST", "/settings/preview", question);
  }

  /** `{escalations, cursor}`; `status` "" is all. */
  escalations({ status = "", limit = 25, cursor = null }) {
    return this.#get(`/escalations?${query({ status, limit, cursor })}`);
  }

  /** `{counts, isComplete}`: how many there are of each status. */
  escalationCounts() {
    return this.#get("/escalations/counts");
  }

  escalation(id) {
    return this.#get(`/escalations/${encodeURIComponent(id)}`);
  }

  async redrive(id) {
    await this.#send("POST", `/escalations/${encodeURIComponent(id)}/redrive`, {});
  }

  /** `{changes, cursor}`. */
  audit(cursor = null) {
    return this.#get(`/settings/audit?${query({ limit: 25, cursor })}`);
  }

  #get(path) {
    return this.#json("GET", path);
  }

  async #json(method, path, body) {
    return (await this.#send(method, path, body)).json();
  }

  async #send(method, path, body, headers = {}) {
    const address = `../v1/organisations/${encodeURIComponent(this.#organisation)}${path}`;
    const authorization = { authorization: `Bearer ${this.#key}` };
    const content = body === undefined ? {} : { "content-type": "application/json" };
    const options = { method, headers: { ...authorization, ...content, ...headers }, body: JSON.stringify(body) };
    const response = await answer(address, options);
    if (!response.ok) throw new ApiError(response.status, await problemOf(response));
    return response;
  }
}

async function answer(address, options) {
  try {
    return await fetch(address, { ...options, credentials: "omit", cache: "no-store", redirect: "error" });
  } catch {
    throw new ApiError(0);
  }
}

async function problemOf(response) {
  try {
    return (await response.json()) ?? {};
  } catch {
    return {};
  }
}

async function withTag(response) {
  return { view: await response.json(), etag: response.headers.get("etag") };
}

function query(parameters) {
  return new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== ""));
}
