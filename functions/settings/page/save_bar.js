import { announce } from "./announcer.js";
import { isSure } from "./dialog.js";
import { button, isBusy, make, setBusy } from "./dom.js";
import { failureText } from "./failure.js";
import { wasSecretChanged } from "./secret_history.js";
import { resolveStale } from "./stale_dialog.js";
import { texts } from "./texts.js";

/** Below every view: how much is not saved, and the buttons for it. */
export class SaveBar {
  element;
  #api;
  #draft;
  #onRefused;
  #count = make("p", { role: "status", tabindex: "-1" });
  #problem = make("p", { class: "error", role: "alert" });
  #save;
  #discard;

  /** `onRefused()` is called when the draft has got errors. */
  constructor({ api, draft, onRefused, signal }) {
    [this.#api, this.#draft, this.#onRefused] = [api, draft, onRefused];
    this.#save = button(texts.save.save, () => this.save(), { class: "filled" });
    this.#discard = button(texts.save.discard, () => this.#askToDiscard(), { class: "quiet" });
    const actions = make("div", { class: "actions" }, this.#discard, this.#save);
    this.element = make("section", { class: "save-bar", "aria-label": texts.save.region }, this.#count, this.#problem, actions);
    for (const event of ["change", "reset"]) draft.addEventListener(event, () => this.#show(), { signal });
    this.#show();
  }

  /** Saves the draft. What the API refuses, and what others saved meanwhile, comes back to the admin. */
  async save() {
    if (isBusy(this.#save)) return;
    this.#problem.textContent = "";
    setBusy(this.#save, true, texts.save.saving);
    try {
      await this.#put();
    } catch (error) {
      this.#failed(error);
    }
    setBusy(this.#save, false, texts.save.save);
  }

  async #put() {
    const taken = this.#draft.take();
    if (taken === null) return this.#onRefused();
    try {
      this.#draft.saved(await this.#api.putSettings(taken.body, this.#draft.etag), taken);
      announce(texts.save.done(this.#draft.version));
    } catch (error) {
      if (error.status !== 412) throw error;
      const newer = await this.#api.settings();
      const isSecretTheirs = this.#draft.secret !== "" && (await wasSecretChanged(this.#api, this.#draft.version));
      if (await resolveStale(this.#draft, newer, isSecretTheirs)) await this.#put();
    }
  }

  #failed(error) {
    if (error.errors?.length > 0) {
      this.#draft.refuse(error.errors);
      this.#onRefused();
    } else if (error.status === undefined) throw error;
    else this.#problem.textContent = `${texts.save.failed} ${failureText(error)}`;
  }

  /** What is being saved can't be discarded. */
  async #askToDiscard() {
    if (isBusy(this.#save)) return;
    const { discardTitle, discardAbout, discardYes, unsaved, keep } = texts.save;
    const about = discardAbout(unsaved(this.#draft.changes().length));
    if (await isSure({ title: discardTitle, about, yes: discardYes, no: keep })) this.#draft.discard();
  }

  #show() {
    const count = this.#draft.changes().length;
    const text = count === 0 ? texts.save.saved : texts.save.unsaved(count);
    if (this.#count.textContent !== text) this.#count.textContent = text;
    this.#problem.textContent = "";
    this.element.hidden = count === 0 && this.#draft.version === 0;
    this.element.classList.toggle("has-changes", count > 0);
    if (count === 0 && this.element.contains(document.activeElement)) this.#count.focus();
    this.#discard.hidden = count === 0;
    this.#save.hidden = count === 0;
  }
}
