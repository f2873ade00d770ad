// Menus are native popovers: opened by popovertarget, or loaded by htmx into #menu. This places them and moves in them by keys.
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
      place(menu, button);
      if (menu.getAttribute("role") === "menu") items(menu)[0]?.focus();
    });
  },
  true,
);

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "menu") return;
  opener = event.detail.requestConfig.elt;
  const menu = event.detail.target.querySelector("[popover]");
  menu?.addEventListener("toggle", (toggled) => {
    if (toggled.newState === "closed" && document.activeElement === document.body) opener?.focus();
  });
  menu?.showPopover();
});

function place(menu, button) {
  if (!button) return;
  const at = button.getBoundingClientRect();
  const below = at.bottom + GAP + menu.offsetHeight <= innerHeight - EDGE;
  const top = below ? at.bottom + GAP : at.top - GAP - menu.offsetHeight;
  const left = at.left + menu.offsetWidth <= innerWidth - EDGE ? at.left : at.right - menu.offsetWidth;
  menu.style.top = `${Math.max(EDGE, top)}px`;
  menu.style.left = `${Math.max(EDGE, left)}px`;
}

const items = (menu) => [...menu.querySelectorAll(".menu-item:not(:disabled)")];

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
});
