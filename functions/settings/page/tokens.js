import { announce, copy } from "./announcer.js";
import { isSure } from "./dialog.js";
import { button, icon, make, newId } from "./dom.js";
import { failureBox, load } from "./failure.js";
import { onceAtATime } from "./once_at_a_time.js";
import { ago, dateTime } from "./formats.js";
import { texts } from "./texts.js";

const { apexAction } = texts;
const USUAL_OVERLAP = "24";

/**
 * The escalations tokens: shown, copied, generated and retired, all at once and apart from what the draft saves. Answers
 * `{element, refresh, changes}`; `refresh()` loads them anew, unless the admin is busy with them; `changes` tells by "change" that one
 * was generated or retired.
 */
export function tokensPanel(api) {
  const panel = make("div", { class: "tokens" });
  const changes = new EventTarget();
  const problem = make("div", {});
  const show = () =>
    load(
      panel,
      () => api.tokens(),
      (tokens) => tokenList(tokens, retire),
    );
  const refresh = () => {
    if (!panel.contains(document.activeElement)) show();
  };
  const act = onceAtATime(async (action, told) => {
    problem.replaceChildren();
    try {
      await action();
      announce(told);
    } catch (error) {
      problem.append(failureBox(error));
    }
    changes.dispatchEvent(new Event("change"));
    await show();
  });
  const retire = async (token) => {
    const { retireTitle, retireAbout, retire } = apexAction;
    if (!(await isSure({ title: retireTitle, about: retireAbout, yes: retire, no: texts.cancel }))) return;
    await act(() => api.retireToken(token.id), apexAction.retired);
    generator.querySelector("button").focus();
  };
  const generator = generatorOf((hours) => act(() => api.createToken(hours), apexAction.generated));
  show();
  const element = make("div", { class: "part" }, make("h3", {}, apexAction.tokens), panel, problem, generator);
  return { element, refresh, changes };
}

function generatorOf(generate) {
  const id = newId("overlap");
  const choices = Object.entries(apexAction.overlaps).map(([hours, text]) =>
    make("option", { value: hours, selected: hours === USUAL_OVERLAP }, text),
  );
  const overlap = make("select", { id }, choices);
  const field = make("div", { class: "field" }, make("label", { for: id }, apexAction.overlap), overlap);
  return make(
    "div",
    { class: "inline" },
    button(apexAction.generate, () => generate(Number(overlap.value)), { class: "quiet" }),
    field,
  );
}

function tokenList(tokens, retire) {
  if (tokens.length === 0) return make("p", { class: "none" }, apexAction.noTokens);
  return make(
    "ul",
    { class: "token-list" },
    tokens.map((token) => tokenRow(token, retire)),
  );
}

function tokenRow(token, retire) {
  const { createdAt, lastUsedAt, validUntil } = token;
  const created = dateTime(createdAt);
  const isEnding = validUntil !== null;
  const used = lastUsedAt === null ? apexAction.unused : apexAction.lastUsed(ago(lastUsedAt));
  const facts = [apexAction.created(created), used, isEnding ? apexAction.validUntil(dateTime(validUntil)) : null];
  return make(
    "li",
    {},
    make(
      "span",
      { class: "badge", "data-state": isEnding ? "changed" : "passed" },
      isEnding ? apexAction.retiring : apexAction.current,
    ),
    secretValue(token.token, created),
    make("p", { class: "hint" }, facts.filter(Boolean).join(" · ")),
    button(apexAction.retire, () => retire(token), { class: "quiet small", "aria-label": apexAction.retireToken(created) }),
  );
}

/** Hidden until it is asked for; copied without being shown. */
function secretValue(value, created) {
  const code = make("code", {}, "•".repeat(24));
  let isShown = false;
  const toggle = button(
    apexAction.show,
    () => {
      isShown = !isShown;
      code.textContent = isShown ? value : "•".repeat(24);
      toggle.textContent = isShown ? apexAction.hide : apexAction.show;
      toggle.setAttribute("aria-label", isShown ? apexAction.hideToken(created) : apexAction.showToken(created));
    },
    { class: "quiet small", "aria-label": apexAction.showToken(created) },
  );
  const label = `${texts.copy}: ${apexAction.token}, ${created}`;
  const copying = make(
    "button",
    { type: "button", class: "quiet small", "aria-label": label, onclick: () => copy(value, apexAction.token, code) },
    icon("copy"),
    texts.copy,
  );
  return make("div", { class: "secret" }, code, toggle, copying);
}
