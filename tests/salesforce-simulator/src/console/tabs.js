// The two tabs, also by arrow keys.

const tabs = [...document.querySelectorAll('[role="tab"]')];

const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

const select = (chosen) => {
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", tab === chosen);
    tab.tabIndex = tab === chosen ? 0 : -1;
    panelOf(tab).hidden = tab !== chosen;
  }
};

const neighbour = (tab, key) => {
  const place = tabs.indexOf(tab);
  const places = { ArrowRight: place + 1, ArrowLeft: place - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
  return key in places ? tabs[places[key] % tabs.length] : undefined;
};

// Calls back whenever somebody turns to another tab.
export const startTabs = (turned) => {
  for (const tab of tabs) {
    const turn = (chosen) => {
      select(chosen);
      turned();
    };
    tab.addEventListener("click", () => turn(tab));
    tab.addEventListener("keydown", (event) => {
      const next = neighbour(tab, event.key);
      if (!next) return;
      event.preventDefault();
      turn(next);
      next.focus();
    });
  }
};
