/** Milliseconds after which a request that is not answered has failed. A large file on a slow line takes a while. */
const REQUEST_TIMEOUT = 120_000;

/** What the API refused: with its status, its `code` if it told one, and the seconds that it wants to be left alone. */
class Refusal extends Error {
  constructor(status, code, retryAfter) {
    super(`${status} ${code ?? ""}`);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may be accepted later. */
  get isTransient() {
    return this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether the conversation takes nothing more. */
  get isEnd() {
    return [401, 403, 404].includes(this.status) || this.code === "conversationEnded";
  }
}

/** The conversation's part of the HTTP API. */
class Api {
  #base;
  #conversation;
  #token;

  constructor(base, escalationId, token) {
    this.#base = base.replace(/\/+$/, "");
    this.#conversation = `/v1/conversations/${encodeURIComponent(escalationId)}`;
    this.#token = token;
  }

  /** The stream of events after this id. */
  events(lastEventId, signal) {
    const headers = { accept: "text/event-stream", ...(lastEventId && { "last-event-id": lastEventId }) };
    return this.#fetch(`${this.#conversation}/events`, { headers, signal });
  }

  /** Sends a message or a file of the outbox. */
  send({ id, text, blob, file }, signal) {
    if (text !== undefined) return this.#post("messages", { id, text }, signal);
    const body = new FormData();
    body.append("id", id);
    body.append("file", blob, file.name);
    return this.#request(`${this.#conversation}/files`, { method: "POST", body, signal });
  }

  /** Tells whether the customer types. */
  typing(typing, signal) {
    return this.#post("typing", { typing }, signal);
  }

  /** Tells that the customer has read a message. */
  read(messageId, signal) {
    return this.#post("read", { messageId }, signal);
  }

  /** Ends the conversation. */
  end(signal) {
    return this.#request(`${this.#conversation}/end`, { method: "POST", signal });
  }

  /** A file's content, by the path that an event names. */
  async file(path, signal) {
    return (await this.#request(path, { signal })).blob();
  }

  #post(path, value, signal) {
    const headers = { "content-type": "application/json" };
    return this.#request(`${this.#conversation}/${path}`, { method: "POST", headers, body: JSON.stringify(value), signal });
  }

  async #request(path, init) {
    const signal = AbortSignal.any([init.signal, AbortSignal.timeout(REQUEST_TIMEOUT)]);
    const response = await this.#fetch(path, { ...init, signal });
    if (response.ok) return response;
    const problem = await response.json().catch(() => null);
    const retryAfter = Number(response.headers.get("retry-after")) || null;
    throw new Refusal(response.status, problem?.code ?? null, retryAfter);
  }

  /** A token that is none of ours is sent so that a header can hold it, and is refused. */
  #fetch(path, init) {
    const headers = { ...init.headers, authorization: `Bearer ${encodeURIComponent(this.#token)}` };
    return fetch(this.#base + path, { ...init, headers, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
  }
}

