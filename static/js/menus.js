// Menus are native popovers: opened by popovertarget, or loaded by htmx into #menu. This places them (but those with
// data-placed, whose own script does) and moves in them by keys.
const GAP = 4;
const EDGE = 8;
let opener = null;

document.addEventListener(
  "beforetoggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu") || event.newState !== "open") return;
    const button = document.querySelector(`[popovertarget="${menu.id}"]`) ?? opener;
    // It has a size only once it is shown, which is before the next paint.
    requestAnimationFrame(() => {
      if (menu.dataset.placed === undefined) place(menu, button);
      // A key may have gone further in it by now.
      if (menu.getAttribute("role") === "menu" && !menu.contains(document.activeElement)) items(menu)[0]?.focus();
    });
  },
  true,
);

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "menu") return;
  const { elt } = event.detail.requestConfig;
  // What was chosen in a menu and opens another one is gone with the menu: the button that opened that one counts.
  if (elt.isConnected) opener = elt;
  const menu = event.detail.target.querySelector("[popover]");
  menu?.addEventListener("toggle", (toggled) => {
    const now = document.activeElement;
    // What is hidden keeps the focus until the next frame.
    if (toggled.newState === "closed" && (now === document.body || menu.contains(now))) present(opener)?.focus();
  });
  menu?.showPopover();
});

// What is inside has changed: it may be taller now.
document.addEventListener("htmx:afterSettle", (event) => {
  const menu = event.detail.target.closest?.(".menu:popover-open");
  if (menu && menu.dataset.placed === undefined) place(menu, opener);
});

// The toolbar and the tabs come anew while a menu of theirs is open.
const present = (button) => (!button || button.isConnected ? button : document.getElementById(button.id));

function place(menu, wanted) {
  const button = present(wanted);
  if (!button) return;
  const at = button.getBoundingClientRect();
  menu.style.setProperty("--room", `${innerHeight - at.bottom - GAP - EDGE}px`);
  const below = at.bottom + GAP + menu.offsetHeight <= innerHeight - EDGE;
  const top = below ? at.bottom + GAP : at.top - GAP - menu.offsetHeight;
  const left = at.left + menu.offsetWidth <= innerWidth - EDGE ? at.left : at.right - menu.offsetWidth;
  menu.style.top = `${Math.max(EDGE, top)}px`;
  menu.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - menu.offsetWidth - EDGE))}px`;
}

const items = (menu) => [...menu.querySelectorAll(".menu-item:not(:disabled)")].filter((item) => item.checkVisibility());

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu[role='menu']");
  if (!menu) return;
  const all = items(menu);
  const now = all.indexOf(document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  all[(next + all.length) % all.length].focus();
});

document.addEventListener("click", (event) => {
  const item = event.target.closest(".menu[role='menu'] .menu-item");
  if (item) item.closest(".menu").hidePopover();
  if (event.target.closest("[data-close-menu]")) event.target.closest(".menu").hidePopover();
});
