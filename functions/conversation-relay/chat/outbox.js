const LONGEST_RETRY = 30_000;

/** An id for a message, which nobody else has. */
function newMessageId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What the customer has said and the API has not yet accepted: sent one after the other, with the same id until it is accepted.
 *
 * An entry is `{id, at, text}` or `{id, at, file: {name, type, size}, blob}`; its `state` is "sending", "sent", or "failed"
 * with the `code` of the reason. Texts outlive a reload of the page; of files only that there was one.
 */
class Outbox {
  #memory;
  #send;
  #onChange;
  #entries = [];
  #isRunning = false;
  #isClosed = false;
  #wake = null;

  /** `send(entry)` resolves when it is accepted; `onChange(entry)` is told of each state. */
  constructor({ memory, send, onChange }) {
    this.#memory = memory;
    this.#send = send;
    this.#onChange = onChange;
  }

  /** Takes up what was not sent before the page was loaded anew. */
  restore() {
    for (const { id, at, text, file } of this.#memory.read("outbox", [])) {
      const isLost = file !== undefined;
      this.#put({ id, at, text, file, state: isLost ? "failed" : "sending", code: isLost ? "fileLost" : null });
    }
    this.#run();
  }

  /** Says something. */
  say(text) {
    this.#put({ id: newMessageId(), at: Date.now(), text, state: "sending", code: null });
    this.#run();
  }

  /** Sends a file, or refuses it for the reason of this code. */
  attach(blob, refusal = null) {
    const file = { name: blob.name, type: blob.type, size: blob.size };
    const state = refusal ? "failed" : "sending";
    this.#put({ id: newMessageId(), at: Date.now(), file, blob, state, code: refusal });
    this.#run();
  }

  /** Sends one that has failed once more, as a new message if another has its id. */
  retry(id) {
    const entry = this.#find(id);
    if (!entry || entry.state !== "failed") return;
    if (this.#isClosed) return this.#change(entry, "failed", "conversationEnded");
    if (entry.code === "messageIdReused") {
      this.remove(id);
      this.#put({ ...entry, id: newMessageId(), state: "sending", code: null });
    } else {
      this.#change(entry, "sending");
    }
    this.#run();
  }

  /** Gives one up, or forgets it because it is in the log. */
  remove(id) {
    const entry = this.#find(id);
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#remember();
    return entry;
  }

  /** Tries now what waits for its next attempt. */
  wake() {
    this.#wake?.();
  }

  /** Whether there are files that a reload would lose. */
  get holdsFiles() {
    return this.#entries.some((entry) => entry.blob && entry.state === "sending");
  }

  /** The conversation is over: what was not accepted never will be. */
  close() {
    this.#isClosed = true;
    for (const entry of this.#entries.filter(({ state }) => state === "sending")) {
      this.#change(entry, "failed", "conversationEnded");
    }
    this.#memory.forget("outbox");
    this.wake();
  }

  /** Stops sending; what is left is sent after the next `restore`. */
  stop() {
    this.#isClosed = true;
    this.wake();
  }

  #find(id) {
    return this.#entries.find((entry) => entry.id === id);
  }

  #put(entry) {
    this.#entries.push(entry);
    this.#remember();
    this.#onChange(entry);
  }

  #change(entry, state, code = null) {
    Object.assign(entry, { state, code });
    this.#remember();
    this.#onChange(entry);
  }

  #remember() {
    const open = this.#entries.filter(({ state, code }) => state !== "sent" && code !== "fileLost");
    const kept = open.map(({ id, at, text, file }) => ({ id, at, text, file }));
    if (kept.length === 0) this.#memory.forget("outbox");
    else if (!this.#isClosed) this.#memory.write("outbox", kept);
  }

  async #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    let attempts = 0;
    for (;;) {
      const entry = this.#entries.find(({ state }) => state === "sending");
      if (!entry || this.#isClosed) break;
      const refusal = await this.#attempt(entry);
      attempts = refusal === null ? 0 : attempts + 1;
      if (refusal !== null) await this.#pause(refusal, attempts);
    }
    this.#isRunning = false;
  }

  /** Null if the next one can be sent, else what the API said to one that may be accepted later. */
  async #attempt(entry) {
    try {
      await this.#send(entry);
      if (entry.state === "sending") this.#change(entry, "sent");
      return null;
    } catch (error) {
      if (this.#isClosed || entry.state !== "sending" || !this.#find(entry.id)) return null;
      if (!(error instanceof Refusal) || error.isTransient) return error;
      this.#change(entry, "failed", error.code ?? "refused");
      return null;
    }
  }

  async #pause({ retryAfter }, attempts) {
    const growing = Math.min(LONGEST_RETRY, 1000 * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, retryAfter ? retryAfter * 1000 : growing);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}

