/** So many pixels from the end are still the end. */
const AT_END = 48;

/** What was said and what happened, in order, and after it what is on its way. */
class Log {
  /** The whole. */
  element;
  /** Its scrolling part. */
  scroller;
  #list;
  #more;
  #formats;
  #items = new Map();
  #last = null;
  #firstPending = null;
  #isAtEnd = true;
  /** How far it was scrolled last. */
  #top = 0;
  #sight;
  #size;

  /** `onSeen(id)` is told once of each message marked `isWatched` that comes into sight. */
  constructor({ texts, formats, onSeen }) {
    this.#formats = formats;
    this.#list = make("ol", { role: "list" });
    this.#more = make("button", { type: "button", class: "more", hidden: true, onclick: () => this.toEnd() }, texts.newMessages, icon("down"));
    const properties = { class: "log", role: "log", "aria-label": texts.messages, "aria-relevant": "additions", tabindex: "0" };
    this.scroller = make("div", { ...properties, "aria-live": "off", onscroll: () => this.#scrolled() }, this.#list);
    this.element = make("div", { class: "log-frame" }, this.scroller, this.#more);
    this.#sight = new IntersectionObserver((seen) => this.#inSight(seen, onSeen), { threshold: [0, 0.1, 0.25, 0.5] });
    this.#size = new ResizeObserver(() => this.#isAtEnd && this.#scrollToEnd());
    this.#size.observe(this.scroller);
    this.#size.observe(this.#list);
  }

  /** The item with this id. */
  item(id) {
    return this.#items.get(id);
  }

  /** Adds an item after all that is said. */
  append(id, item, { isWatched = false } = {}) {
    if (id !== null) this.#items.set(id, item);
    this.#place(item);
    if (isWatched) {
      item.element.dataset.id = id;
      this.#sight.observe(item.element);
    }
    if (!this.#isAtEnd && item.kind !== "own") this.#more.hidden = false;
  }

  /** Adds an item that is on its way, after all others. */
  appendPending(id, item) {
    this.#items.set(id, item);
    item.isPending = true;
    this.#firstPending ??= item;
    this.#list.append(item.element);
    this.toEnd();
  }

  /** An item on its way has arrived: it takes its place in what was said. */
  settle(item, at) {
    item.at = at;
    item.isPending = false;
    const rest = [...this.#items.values()].filter((other) => other.isPending);
    this.#firstPending = rest[0] ?? null;
    this.#place(item);
  }

  /** Takes an item away. */
  remove(id) {
    const item = this.#items.get(id);
    this.#items.delete(id);
    item?.element.remove();
    if (item === this.#firstPending) this.#firstPending = [...this.#items.values()].find((other) => other.isPending) ?? null;
  }

  /** From now on, a screen reader says what is added. */
  announce() {
    this.scroller.setAttribute("aria-live", "polite");
  }

  /** Looks once more what is in sight: somebody has come back to the page. */
  look() {
    for (const element of this.#list.querySelectorAll("[data-id]")) {
      this.#sight.unobserve(element);
      this.#sight.observe(element);
    }
  }

  /** Scrolls to the newest. */
  toEnd() {
    this.#isAtEnd = true;
    this.#more.hidden = true;
    this.#scrollToEnd();
  }

  /** Watches nothing more. */
  close() {
    this.#sight.disconnect();
    this.#size.disconnect();
  }

  #place(item) {
    const before = this.#firstPending?.element ?? null;
    const isNewDay = item.at && (!this.#last?.at || !isSameDay(this.#last.at, item.at));
    if (isNewDay) this.#list.insertBefore(this.#day(item.at), before);
    // What stands in its place stays there: a screen reader would else say it again.
    const isInPlace = item.element.isConnected && item.element.nextSibling === before && !isNewDay;
    if (!isInPlace) this.#list.insertBefore(item.element, before);
    item.follow(isNewDay ? null : this.#last);
    this.#last = item.at ? item : this.#last;
    if (this.#isAtEnd) this.#scrollToEnd();
  }

  #day(date) {
    return make("li", { class: "day" }, make("span", {}, this.#formats.day(date)));
  }

  #inSight(seen, onSeen) {
    if (document.visibilityState !== "visible") return;
    for (const { intersectionRatio, intersectionRect, target } of seen) {
      const isEnough = intersectionRatio >= 0.5 || intersectionRect.height >= this.scroller.clientHeight / 2;
      if (!isEnough || !target.dataset.id) continue;
      this.#sight.unobserve(target);
      const { id } = target.dataset;
      delete target.dataset.id;
      onSeen(id);
    }
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    // What grows since the last time, a picture for example, does not scroll up: only people do.
    const isLeft = scrollTop < this.#top;
    this.#top = scrollTop;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END || (this.#isAtEnd && !isLeft);
    if (this.#isAtEnd) this.#more.hidden = true;
  }

  #scrollToEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

