import { announcer } from "./announcer.js";
import { AuditView } from "./audit_view.js";
import { isSure } from "./dialog.js";
import { button, make } from "./dom.js";
import { Draft } from "./draft.js";
import { EscalationsView } from "./escalations_view.js";
import { PreviewView } from "./preview_view.js";
import { SaveBar } from "./save_bar.js";
import { SetupView } from "./setup_view.js";
import { texts } from "./texts.js";

const { shell, save } = texts;
const VIEWS = { setup: SetupView, preview: PreviewView, escalations: EscalationsView, audit: AuditView };

/** What is around the views, for one who is signed in. The draft outlives the views: what is not saved is never lost between them. */
export class Shell {
  element;
  #api;
  #draft;
  #saveBar;
  #main = make("main", { id: "content", tabindex: "-1" });
  #links;
  #ending = new AbortController();
  #viewEnding = new AbortController();
  #onSignOut;
  #loads = new Map();

  /** `onSignOut()` is called when the admin leaves. */
  constructor(api, settings, onSignOut) {
    [this.#api, this.#draft, this.#onSignOut] = [api, new Draft(settings), onSignOut];
    const { signal } = this.#ending;
    this.#saveBar = new SaveBar({ api, draft: this.#draft, onRefused: () => this.#showRefused(), signal });
    addEventListener("hashchange", () => this.#show(true), { signal });
    addEventListener("beforeunload", (event) => this.#hasChanges() && event.preventDefault(), { signal });
    this.element = make("div", { class: "shell" }, this.#header(), this.#main, this.#saveBar.element, announcer());
    this.#show(false);
  }

  #header() {
    this.#links = Object.entries(shell.views).map(([view, name]) => make("a", { href: `#${view}`, "data-view": view }, name));
    const skip = make("a", { class: "skip", href: "#content", onclick: (event) => this.#skip(event) }, texts.skip);
    const organisation = make("span", { class: "organisation" }, this.#api.organisation);
    const leave = button(shell.signOut, () => this.#signOut(), { class: "quiet small" });
    const top = make("div", { class: "top" }, make("p", { class: "brand" }, texts.product), organisation, leave);
    return make("header", { class: "page-head" }, skip, top, make("nav", { "aria-label": shell.navigation }, this.#links));
  }

  #skip(event) {
    event.preventDefault();
    this.#main.focus();
  }

  #hasChanges() {
    return this.#draft.changes().length > 0;
  }

  async #signOut() {
    const { signOutTitle, discardAbout, signOutYes, unsaved, keep } = save;
    const about = discardAbout(unsaved(this.#draft.changes().length));
    if (this.#hasChanges() && !(await isSure({ title: signOutTitle, about, yes: signOutYes, no: keep }))) return;
    this.#viewEnding.abort();
    this.#ending.abort();
    this.#onSignOut();
  }

  /** The view that the address names; after a click its heading has the focus. */
  #show(isMoving) {
    const [name, id = ""] = location.hash.slice(1).split("/");
    const view = Object.hasOwn(VIEWS, name) ? name : "setup";
    this.#viewEnding.abort();
    this.#viewEnding = new AbortController();
    const shown = new VIEWS[view](this.#context(), id);
    this.#main.replaceChildren(shown.element);
    shown.shown();
    for (const link of this.#links) {
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${shell.views[view]} · ${texts.product}`;
    if (isMoving) this.#focusHeading();
  }

  #focusHeading() {
    if (this.#main.contains(document.activeElement)) return;
    scrollTo(0, 0);
    this.#main.querySelector("h1").focus({ preventScroll: true });
  }

  #context() {
    return {
      api: this.#api,
      draft: this.#draft,
      save: () => this.#saveBar.save(),
      countries: () => this.#once("countries", () => this.#api.holidayCountries()),
      properties: () => this.#once("properties", () => this.#api.customerProperties()),
      signal: this.#viewEnding.signal,
    };
  }

  /** What all cards need is loaded once, and again only if that failed. */
  #once(name, fetching) {
    if (!this.#loads.has(name)) {
      const loading = fetching();
      loading.catch(() => this.#loads.delete(name));
      this.#loads.set(name, loading);
    }
    return this.#loads.get(name);
  }

  #showRefused() {
    if (this.#main.querySelector(".setup") === null) location.hash = "#setup";
  }
}
