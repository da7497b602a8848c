// What a conversation is called, how it stands, and how old it is.

export const nameOf = ({ id, routingAttributes }) => {
  const keys = Object.keys(routingAttributes);
  const key = keys.find((key) => /^(full|customer|display)?_?name$/i.test(key)) ?? keys.find((key) => /name/i.test(key));
  return routingAttributes[key]?.trim() || id.slice(0, 8);
};

export const isOver = ({ isOpen, status }) => !isOpen || status === "Ended";

export const isWaiting = (line) => !isOver(line) && line.agents.length === 0;

// One word, which the page's colours know too.
export const stateOf = (line) => {
  if (!line.isOpen) return "Closed";
  if (line.status === "Ended") return "Ended";
  if (isWaiting(line)) return "Waiting";
  return line.status === "Inactive" ? "Inactive" : "Active";
};

export const standingOf = (line) => {
  const state = stateOf(line);
  return isOver(line) || isWaiting(line) ? state : `${state} (${line.agents.join(", ")})`;
};

export const ageOf = (at, now) => {
  const minutes = Math.max(0, Math.floor((now - Date.parse(at)) / 60_000));
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  return minutes < 1_440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} d`;
};
