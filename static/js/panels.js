// The panel of fields: what is ticked and moved in it is sent when it closes. Every change would show another page.
const rows = (form) => [...form.querySelectorAll(".field-row")];
const said = (form) => JSON.stringify([...new FormData(form)]);
let before = "";

document.addEventListener(
  "toggle",
  ({ target, newState }) => {
    const form = target.matches?.(".fields-panel") && target.querySelector("[data-fields]");
    if (!form) return;
    if (newState === "open") {
      tidy(form);
      before = said(form);
    } else if (said(form) !== before) window.htmx.trigger(form, "apply");
  },
  true,
);

document.addEventListener("click", ({ target }) => {
  const form = target.closest?.("[data-fields]");
  const button = form && target.closest("button");
  if (!button) return;
  if (button.dataset.show) for (const row of rows(form)) if (!row.hidden) box(row).checked = button.dataset.show === "all";
  if (button.dataset.move) move(button);
  tidy(form);
});

document.addEventListener("change", ({ target }) => {
  const form = target.closest?.("[data-fields]");
  if (form) tidy(form);
});

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-find]")) return;
  const form = target.closest("[data-fields]");
  const wanted = target.value.trim().toLowerCase();
  for (const row of rows(form)) row.hidden = !row.dataset.name.includes(wanted);
  form.querySelector("[data-none]").hidden = rows(form).some((row) => !row.hidden);
});

// Enter in the search would send the form.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-fields]")) return;
  event.preventDefault();
  event.target.closest(".menu").hidePopover();
});

const box = (row) => row.querySelector("[name=shown]");

function move(button) {
  const row = button.closest(".field-row");
  if (button.dataset.move === "up") row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  button.focus();
  row.scrollIntoView({ block: "nearest" });
}

// The first column names the row, so it is always there.
function tidy(form) {
  rows(form).forEach((row, at, all) => {
    if (at === 0) box(row).checked = true;
    box(row).toggleAttribute("data-always", at === 0);
    row.querySelector("[data-move=up]").disabled = at === 0;
    row.querySelector("[data-move=down]").disabled = at === all.length - 1;
  });
  tellRoom(form);
}

// Of those that are to stay at the left, what has no room beside the others scrolls with them.
function tellRoom(form) {
  const grid = document.querySelector("data-grid");
  const widths = rows(form).filter((row) => box(row).checked).map((row) => Number(row.dataset.width));
  const wanted = Math.min(Number(form.elements.stay.value), widths.length);
  const room = grid.clientWidth ? grid.columns.roomFor(widths, wanted) : wanted;
  const hint = form.querySelector("[data-room]");
  hint.hidden = room === wanted;
  hint.textContent = hint.hidden ? "" : `There is room for ${room} of the ${wanted} frozen fields here.`;
}
