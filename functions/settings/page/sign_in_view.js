import { Api, isKey } from "./api.js";
import { isBusy, make, newId, setBusy } from "./dom.js";
import { failureText } from "./failure.js";
import { texts } from "./texts.js";

const { signIn } = texts;

/** Asks for an organisation and a key, and calls `onSignedIn(api, settings)` when they fit together. */
export function signInView(onSignedIn) {
  const organisation = make("input", { type: "text", autocomplete: "organization", autocapitalize: "none", spellcheck: "false" });
  const key = make("input", { type: "password", autocomplete: "off", spellcheck: "false" });
  const problem = make("p", { class: "error", role: "alert", id: "sign-in-problem" });
  const submit = make("button", { type: "submit", class: "filled" }, signIn.submit);
  const enter = async (event) => {
    event.preventDefault();
    if (isBusy(submit)) return;
    const api = new Api(organisation.value.trim(), key.value.trim());
    problem.textContent = mistakeIn(organisation, key);
    if (problem.textContent !== "") return;
    setBusy(submit, true, signIn.submitting);
    try {
      onSignedIn(api, await api.settings());
    } catch (error) {
      if (error.status === undefined) throw error;
      problem.textContent = error.status === 404 ? signIn.noOrganisation : failureText(error);
    }
    setBusy(submit, false, signIn.submit);
  };
  return make(
    "main",
    { class: "sign-in", id: "content", tabindex: "-1" },
    make("div", {}, make("p", { class: "brand" }, texts.product), make("h1", {}, signIn.title), make("p", {}, signIn.about)),
    make(
      "form",
      { class: "card", novalidate: true, onsubmit: enter },
      field(signIn.organisation, signIn.organisationHint, organisation),
      field(signIn.key, signIn.keyHint, key),
      problem,
      submit,
    ),
  );
}

function mistakeIn(organisation, key) {
  if (!isFilled(organisation, key)) return signIn.required;
  if (isKey(key.value.trim())) return "";
  key.focus();
  return signIn.badKey;
}

function isFilled(...inputs) {
  const missing = inputs.find((input) => input.value.trim() === "");
  missing?.focus();
  return missing === undefined;
}

function field(label, hint, input) {
  const id = newId("field");
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-hint`);
  return make(
    "div",
    { class: "field" },
    make("label", { for: id }, label),
    input,
    make("p", { class: "hint", id: `${id}-hint` }, hint),
  );
}
