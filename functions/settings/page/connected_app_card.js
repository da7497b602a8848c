import { cardFrame } from "./card.js";
import { make } from "./dom.js";
import { texts } from "./texts.js";

const { connectedApp } = texts;

/** The app with which Cases are made. Its secret goes in and never comes out. */
export function connectedAppCard({ draft, fields, number }) {
  const domain = fields.text({ pointer: "/salesforce/domain", label: connectedApp.domain, hint: connectedApp.domainHint });
  const clientId = fields.text({
    pointer: "/salesforce/clientId",
    label: connectedApp.clientId,
    hint: connectedApp.clientIdHint,
  });
  const { title, about, help } = connectedApp;
  return cardFrame(
    { id: "connectedApp", number, title, about, help },
    domain,
    make("div", { class: "columns" }, clientId, secretField(draft, fields)),
  );
}

function secretField(draft, fields) {
  const isSet = draft.view.salesforce.clientSecretSet;
  const input = make("input", {
    type: "password",
    autocomplete: "new-password",
    spellcheck: "false",
    placeholder: isSet ? "••••••••" : null,
  });
  input.value = draft.secret;
  input.addEventListener("input", () => draft.setSecret(input.value));
  const hint = isSet ? connectedApp.secretSet : connectedApp.clientSecretHint;
  return fields.add({ pointer: "/salesforce/clientSecret", label: connectedApp.clientSecret, input, hint });
}
