import { announce } from "./announcer.js";
import { button, icon, isBusy, make, setBusy, term } from "./dom.js";
import { outcomeOf, statusBadge } from "./escalation_list.js";
import { failureBox, sentence } from "./failure.js";
import { dateTime, exactTime } from "./formats.js";
import { texts } from "./texts.js";

const text = texts.escalations;

/** One escalation: how it stands, why, and its timeline; `reload` shows it anew. */
export function escalationDetail(escalation, api, reload) {
  const { escalationId, status, stuck, timeline } = escalation;
  return make(
    "article",
    { class: "card detail", "aria-labelledby": "escalation-title" },
    make("a", { href: "#escalations", class: "back" }, `← ${text.back}`),
    make(
      "header",
      {},
      make("h2", { id: "escalation-title" }, text.one, " ", make("code", {}, escalationId)),
      statusBadge(status),
    ),
    stuck ? stuckBox(escalation, api, reload) : null,
    facts(escalation),
    make("h3", {}, text.timeline),
    make("ol", { class: "timeline" }, timeline.map(entry)),
  );
}

function facts(escalation) {
  const { conversationId, acceptedAt, updatedAt, decision, reason, flowCase } = escalation;
  const why = decision && (texts.preview.why[decision.reason] ?? decision.reason);
  const decided = decision && text.decided(text.decisionRoutes[decision.route] ?? decision.route, decision.settingsVersion);
  return make(
    "dl",
    { class: "facts" },
    term(text.conversation, conversationId),
    term(text.accepted, dateTime(acceptedAt)),
    term(text.updated, dateTime(updatedAt)),
    decision ? term(text.decision, `${decided}. ${why}`) : null,
    decision?.nextOpening ? term(text.nextOpening, dateTime(decision.nextOpening)) : null,
    term(text.columns.outcome, outcomeOf(escalation)),
    reason ? term(text.columns.reason, text.reasons[reason] ?? reason) : null,
    flowCase ? term(text.flowCase, flowCase.number ?? flowCase.id) : null,
  );
}

function entry({ at, event, detail }) {
  return make(
    "li",
    { "data-event": event },
    make("time", { datetime: at }, exactTime(at)),
    make("p", {}, make("strong", {}, text.events[event] ?? event), detail ? detailOf(event, detail) : ""),
  );
}

/** The router's decision stands in the timeline as "case: outsideBusinessHours". */
function detailOf(event, detail) {
  if (event === "ended") return ` ${text.by[detail] ?? detail}`;
  const [route, reason] = detail.split(": ");
  const why = texts.preview.why[reason];
  if (event === "routed" && why !== undefined) return `: ${text.decisionRoutes[route] ?? route}. ${why}`;
  return `: ${detail}`;
}

function stuckBox({ escalationId, stuck }, api, reload) {
  const place = make("div", {});
  const redrive = async () => {
    if (isBusy(drive)) return;
    setBusy(drive, true, text.redrive);
    try {
      await api.redrive(escalationId);
      announce(text.redriven);
      await reload();
    } catch (error) {
      setBusy(drive, false, text.redrive);
      place.replaceChildren(error.code === "notStuck" ? make("p", {}, text.notStuck) : failureBox(error));
    }
  };
  const drive = button(text.redrive, redrive, { class: "filled" });
  return make(
    "div",
    { class: "notice failed" },
    icon("failed"),
    make(
      "div",
      {},
      make("p", {}, make("strong", {}, `${text.stuck}: `), sentence(stuck.detail ?? stuck.code)),
      stuck.cure ? make("p", { class: "cure" }, make("strong", {}, `${text.cure} `), sentence(stuck.cure)) : null,
      drive,
      place,
    ),
  );
}
