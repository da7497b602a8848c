// Elements. What people wrote is set as text, never as HTML.

export const byId = (id) => document.getElementById(id);

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// An element with words of any language.
export const words = (tag, text, className = "") => make(tag, { className, textContent: text, dir: "auto" });

// Changes a text only if it is another, so that nothing is announced twice.
export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

export const timeOf = (at) => make("time", {
  dateTime: at,
  title: new Date(at).toLocaleString(),
  textContent: new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
});
