/** Heartbeats come every 15 s: a connection that is silent for so many milliseconds is dead. */
const SILENCE = 45_000;
/** A connection that lasted so many milliseconds was a good one. */
const GOOD = 60_000;
const LONGEST_PAUSE = 30_000;

/**
 * How long to wait before the next connection.
 *
 * The server takes four connections to one conversation, and lets the oldest go when there is one more. A window whose
 * connection ends soon without an error has made room for another one: it waits longer each time, and if nobody looks at it
 * for a minute or two, so that windows don't chase each other.
 */
class Pauses {
  #failures = 0;
  #crowded = 0;
  #random;

  constructor(random = Math.random) {
    this.#random = random;
  }

  /** Milliseconds after a connection that lasted so long: `isFailed`, or ended by the server as it should. */
  after({ isFailed, lasted, isHidden, retry }) {
    if (lasted >= GOOD) this.reset();
    const jitter = 0.5 + this.#random() / 2;
    if (isFailed) {
      this.#failures += 1;
      return jitter * Math.min(LONGEST_PAUSE, retry * 2 ** (this.#failures - 1));
    }
    this.#failures = 0;
    if (lasted >= GOOD) return jitter * retry;
    this.#crowded += 1;
    return jitter * (isHidden ? 4 * LONGEST_PAUSE : Math.min(LONGEST_PAUSE, 2_000 * 2 ** this.#crowded));
  }

  /** Begins anew. */
  reset() {
    this.#failures = 0;
    this.#crowded = 0;
  }
}

/**
 * The stream of events, connected again whenever it breaks, until nothing more will come.
 *
 * Calls `onEvent({event, data})` and `onState(state)`: "connected", "disconnected", "over" when the server has nothing more,
 * "refused" when it does not know the conversation any more.
 */
class Connection {
  #open;
  #onEvent;
  #onState;
  #pauses = new Pauses();
  #lastEventId = "";
  #retry = 1000;
  #current = null;
  #wake = null;
  #isStopped = false;

  /** `open(lastEventId, signal)` makes a request for the stream. */
  constructor({ open, onEvent, onState }) {
    this.#open = open;
    this.#onEvent = onEvent;
    this.#onState = onState;
  }

  /** Connects until `stop`. */
  async run() {
    while (!this.#isStopped) {
      const begun = Date.now();
      const outcome = await this.#serve();
      if (this.#isStopped) return;
      if (outcome === "over" || outcome === "refused") {
        this.stop();
        return this.#onState(outcome);
      }
      this.#onState("disconnected");
      const isHidden = document.visibilityState === "hidden";
      await this.#pause(
        this.#pauses.after({ isFailed: outcome === "failed", lasted: Date.now() - begun, isHidden, retry: this.#retry }),
      );
    }
  }

  /** Ends it. */
  stop() {
    this.#isStopped = true;
    this.#current?.abort();
    this.#wake?.();
  }

  /** Connects now, if it is waiting to. */
  wake() {
    if (this.#wake === null) return;
    this.#pauses.reset();
    this.#wake();
  }

  /** Gives up the connection: the network is known to be gone. */
  interrupt() {
    this.#current?.abort();
  }

  async #serve() {
    this.#current = new AbortController();
    const { signal } = this.#current;
    let silence = setTimeout(() => this.#current.abort(), SILENCE);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => this.#current.abort(), SILENCE);
    };
    try {
      const response = await this.#open(this.#lastEventId, signal);
      if (response.status === 204) return "over";
      if ([401, 403, 404].includes(response.status)) return "refused";
      if (!response.ok || response.body === null) return "failed";
      this.#onState("connected");
      await this.#read(response.body, heard);
      return "ended";
    } catch {
      return "failed";
    } finally {
      clearTimeout(silence);
      this.#current.abort();
    }
  }

  async #read(body, heard) {
    const parser = new EventStreamParser(this.#lastEventId, this.#retry);
    const reader = body.getReader();
    for (;;) {
      heard();
      const { done, value } = await reader.read();
      if (done || this.#isStopped) return;
      for (const event of parser.push(value)) {
        if (!this.#isStopped) this.#onEvent(event);
      }
      this.#lastEventId = parser.lastEventId;
      this.#retry = parser.retry;
    }
  }

  async #pause(milliseconds) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}

