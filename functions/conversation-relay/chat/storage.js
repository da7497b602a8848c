/** What a window remembers of one conversation across a reload; nothing, where the browser forbids it. */
class SessionMemory {
  #prefix;

  constructor(escalationId) {
    this.#prefix = `fullview-chat:${escalationId}:`;
  }

  /** What was written under a name, or the fallback. */
  read(name, fallback) {
    try {
      return JSON.parse(sessionStorage.getItem(this.#prefix + name)) ?? fallback;
    } catch {
      return fallback;
    }
  }

  /** Keeps a value. */
  write(name, value) {
    try {
      sessionStorage.setItem(this.#prefix + name, JSON.stringify(value));
    } catch {
      // It is full or forbidden: then the value lives as long as the page.
    }
  }

  /** Forgets these. */
  forget(...names) {
    try {
      for (const name of names) sessionStorage.removeItem(this.#prefix + name);
    } catch {
      // There is nothing to forget.
    }
  }
}

