/** Typing is told again while it goes on, and is over so many milliseconds after the last key. */
const TYPING_INTERVAL = 5_000;

/** Tells the agent that the customer types. */
class TypingSignal {
  #tell;
  #toldAt = null;
  #pause = null;

  /** `tell(true|false)`. */
  constructor(tell) {
    this.#tell = tell;
  }

  /** A key was pressed. */
  typed() {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.stopped(), TYPING_INTERVAL);
    if (this.#toldAt !== null && Date.now() - this.#toldAt < TYPING_INTERVAL) return;
    this.#toldAt = Date.now();
    this.#tell(true);
  }

  /** The message was sent or cleared. */
  stopped() {
    clearTimeout(this.#pause);
    if (this.#toldAt === null) return;
    this.#toldAt = null;
    this.#tell(false);
  }

  /** Tells nothing more. */
  close() {
    clearTimeout(this.#pause);
    this.#toldAt = null;
  }
}

/** Tells once of each message that the customer has seen, in order. */
class ReadSignal {
  #tell;
  #memory;
  #known;
  #pending = [];
  #isRunning = false;
  #isClosed = false;

  /** `tell(messageId)` resolves when it is told. */
  constructor(memory, tell) {
    this.#tell = tell;
    this.#memory = memory;
    this.#known = new Set(memory.read("read", []));
  }

  /** A message is in sight. */
  see(messageId) {
    if (this.#known.has(messageId) || this.#isClosed) return;
    this.#known.add(messageId);
    this.#pending.push(messageId);
    this.wake();
  }

  /** Tells what could not be told before. */
  async wake() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#pending.length > 0 && !this.#isClosed) {
        await this.#tell(this.#pending[0]);
        this.#pending.shift();
        const told = [...this.#known].filter((id) => !this.#pending.includes(id));
        if (!this.#isClosed) this.#memory.write("read", told);
      }
    } catch (error) {
      // The next connection tries again what the network lost.
      if (error instanceof Refusal && !error.isTransient) this.#pending.shift();
    } finally {
      this.#isRunning = false;
    }
  }

  /** Tells nothing more. */
  close() {
    this.#isClosed = true;
  }
}

