import { callbackTest } from "./callback_test.js";
import { cardFrame } from "./card.js";
import { copyable } from "./copyable.js";
import { make } from "./dom.js";
import { texts } from "./texts.js";

const { apexAction } = texts;

/** What the org's Apex action needs, and whether it works. */
export function apexActionCard(context) {
  const { draft, fields, number, tokens } = context;
  const { apiEndpoint, organisationId } = draft.view;
  const values = make(
    "dl",
    { class: "values" },
    copyable(apexAction.endpoint, apiEndpoint),
    copyable(apexAction.organisationId, organisationId),
  );
  const configured = fields.checkbox({
    pointer: "/apexActionConfigured",
    label: apexAction.configured,
    hint: apexAction.configuredHint,
  });
  const { title, about, help } = apexAction;
  return cardFrame({ id: "apexAction", number, title, about, help }, values, tokens().element, configured, callbackTest(context));
}
