// The tabs of a table's views. The server writes them for what the page's address says; this sends the address along, asks
// for the tabs anew when the address changed by script (event "grid:state" on document), and keeps focus and place.

// Of the address what says how the table is seen, not the row it was opened at; and which version of the view this page shows.
function state() {
  const parts = [...new URLSearchParams(location.search)].filter(([name]) => name !== "row");
  return [...parts, ["version", document.getElementById("views").dataset.version]];
}

let sent = "";
let wasUnsaved = Boolean(document.getElementById("views")?.dataset.unsaved);

document.addEventListener("htmx:configRequest", ({ target, detail }) => {
  if (!target.closest("[data-with-state]")) return;
  sent = location.search;
  for (const [name, value] of state()) if (!(name in detail.parameters)) detail.parameters[name] = value;
});

// What is saved is in the view now, so the address need not say it. What was changed since it was sent stays.
document.addEventListener("view:saved", ({ detail }) => {
  if (location.search === sent) history.replaceState(history.state, "", detail.url);
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id !== "views") return;
  showCurrent();
  scrollByWheel();
  tell(target.dataset.unsaved ?? "");
  // What had the focus may have been among them, or have opened a dialog, which keeps the focus until it has closed.
  const dialog = document.getElementById("dialog");
  if (dialog.open) dialog.addEventListener("close", focusCurrent, { once: true });
  else focusCurrent();
});

function focusCurrent() {
  if (document.activeElement === document.body) current()?.focus();
}

const current = () => document.querySelector("#views [aria-current]");

function showCurrent() {
  const tab = current()?.parentElement;
  const list = tab?.closest("nav");
  if (!list) return;
  const [inner, outer] = [tab.getBoundingClientRect(), list.getBoundingClientRect()];
  if (inner.left < outer.left) list.scrollLeft += inner.left - outer.left;
  else if (inner.right > outer.right) list.scrollLeft += Math.min(inner.right - outer.right, inner.left - outer.left);
}

// A mouse has no wheel for sideways, and the tabs show no bar. Listened to here alone: on document it would make every
// scroll of the grid wait for this script.
function scrollByWheel() {
  const list = document.querySelector("#views nav");
  list?.addEventListener("wheel", (event) => {
    if (event.deltaX || event.ctrlKey || list.scrollWidth <= list.clientWidth) return;
    event.preventDefault();
    list.scrollLeft += event.deltaY;
  });
}

function tell(unsaved) {
  if (unsaved && !wasUnsaved) document.getElementById("live").textContent = `Not saved in this view: ${unsaved}`;
  wasUnsaved = Boolean(unsaved);
}

showCurrent();
scrollByWheel();
