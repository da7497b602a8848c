/** Parses `text/event-stream`, as HTML's standard has it, in pieces of any size. */
class EventStreamParser {
  /** The last event's id, for `Last-Event-ID`. */
  lastEventId;
  /** Milliseconds that the server wants between two connections. */
  retry;
  #decoder = new TextDecoder();
  #rest = "";
  #event = "";
  #data = [];
  #id;

  constructor(lastEventId = "", retry = 1000) {
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
    this.retry = retry;
  }

  /** The events, as `{event, data}`, that these bytes complete. What is not complete at the end of a stream is no event. */
  push(bytes) {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    // A carriage return at the end may be half of a line's end.
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() + text.slice(end);
    return lines.flatMap((line) => this.#take(line));
  }

  #take(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return [];
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") this.#data.push(value);
    if (field === "id" && !value.includes("\0")) this.#id = value;
    if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
    return [];
  }

  #dispatch() {
    this.lastEventId = this.#id;
    const event = { event: this.#event || "message", data: this.#data.join("\n") };
    const isEvent = this.#data.length > 0;
    this.#event = "";
    this.#data = [];
    return isEvent ? [event] : [];
  }
}

