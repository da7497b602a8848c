// What an agent can do beside talking. What makes no sense now is disabled and says why.

import { act } from "./control.js";
import { byId, setText } from "./dom.js";
import { isOver } from "./standing.js";

const OVER = "The conversation is over.";
const NOBODY = "Nobody has the conversation: accept it first.";

// Disables or enables a control.
export const disableIf = (id, reason) => {
  const control = byId(id);
  control.disabled = Boolean(reason);
  control.title = reason || control.dataset.title || "";
};

// Tells what failed until something succeeds.
export const tellFailure = async (work) => {
  try {
    await work;
    setText(byId("failure"), "");
    return true;
  } catch (error) {
    setText(byId("failure"), `That did not work. ${error.message}`);
    return false;
  }
};

export const clearFailure = () => setText(byId("failure"), "");

// A button that was pressed may be disabled by what it did. The focus goes on as soon as its next place is enabled.
let focusNext = "";
export const moveFocus = () => {
  if (!focusNext || byId(focusNext).disabled) return;
  byId(focusNext).focus();
  focusNext = "";
};

const reasonForNoRefusal = (line, conversation) => {
  if (isOver(line)) return OVER;
  if (line.agents.length > 0) return `${line.agents[0]} has the conversation.`;
  return conversation.sessions.at(-1)?.caseId ? "The flow has made a Case already." : "";
};

const showQueue = (line, waitShown) => {
  byId("queue-form").hidden = isOver(line) || line.agents.length > 0;
  const other = (shown) => (waitShown === shown ? "The channel does not send this measure of a wait." : "");
  disableIf("position", other("estimatedWaitTime"));
  disableIf("wait", other("queuePosition"));
};

// What keeps an agent from talking, transferring, leaving and ending.
export const obstacle = (line) => {
  if (isOver(line)) return OVER;
  return line.agents.length > 0 ? "" : NOBODY;
};

export const showActions = (line, conversation, { waitShown, callsBack }) => {
  const taken = line.agents.length > 0 ? `${line.agents[0]} has the conversation already.` : "";
  disableIf("accept", isOver(line) ? OVER : taken);
  byId("no-agent").dataset.title = "The flow makes a Case" + (callsBack ? " and calls back." : "; the package's callback is not configured.");
  disableIf("no-agent", reasonForNoRefusal(line, conversation));
  for (const id of ["transfer-to", "transfer", "leave", "end"]) disableIf(id, obstacle(line));
  byId("end-event-label").hidden = Boolean(obstacle(line));
  showQueue(line, waitShown);
};

const number = (id) => (byId(id).disabled ? NaN : byId(id).valueAsNumber);

const queueActions = () => {
  const [position, minutes] = [number("position"), number("wait")];
  return [
    ...(position >= 1 ? [{ kind: "queuePosition", position }] : []),
    ...(minutes >= 0 ? [{ kind: "routingResult", estimatedWaitSeconds: minutes * 60 }] : []),
  ];
};

const transfer = () => {
  const to = byId("transfer-to").value.trim() || null;
  byId("transfer-to").value = "";
  return { kind: "transfer", to };
};

const onSubmit = (id, work) => byId(id).addEventListener("submit", (event) => {
  event.preventDefault();
  work();
});

// `chosen` tells the conversation, `agentName` who the person is.
export const startActions = (chosen, agentName) => {
  const play = async (next, ...actions) => {
    if (!(await tellFailure(act(chosen(), ...actions)))) return;
    focusNext = next;
    moveFocus();
  };
  byId("accept").addEventListener("click", () => play("message", { kind: "agentAccepts", name: agentName() }));
  byId("no-agent").addEventListener("click", () => play("customer", { kind: "flowRefuses" }));
  byId("leave").addEventListener("click", () => play("customer", { kind: "agentLeaves", requeue: false }));
  byId("end").addEventListener("click", () =>
    play("customer", { kind: "sessionEnds", by: "agent", withEvent: byId("end-event").checked }));
  onSubmit("transfer-form", () => play("customer", transfer()));
  onSubmit("queue-form", () => tellFailure(act(chosen(), ...queueActions())));
};
