// The options of a select column: add, remove, move up, color. Enter adds the next one; a pasted list adds one per line.
const COLORS_OF = (row) => [...row.querySelector(".choice-color").options].map((option) => option.value);

function add(list, name = "") {
  const row = list.parentElement.querySelector("template").content.firstElementChild.cloneNode(true);
  const colors = COLORS_OF(row);
  paint(row, colors[list.children.length % colors.length]);
  row.querySelector("[name=choice_name]").value = name;
  list.append(row);
  return row;
}

function paint(row, color) {
  const select = row.querySelector(".choice-color");
  select.value = color;
  select.className = `choice-color c-${color}`;
}

const focusName = (row) => row?.querySelector("[name=choice_name]").focus();

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-choices]");
  if (!box) return;
  const list = box.querySelector(".choice-list");
  const row = event.target.closest(".choice-row");
  if (event.target.closest("[data-add-choice]")) focusName(add(list));
  if (event.target.closest("[data-move-choice]")) {
    row.previousElementSibling?.before(row);
    row.querySelector("[data-move-choice]").focus();
  }
  if (event.target.closest("[data-remove-choice]")) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    if (next) focusName(next);
    else box.querySelector("[data-add-choice]").focus();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".choice-color")) paint(event.target.closest(".choice-row"), event.target.value);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("[name=choice_name]")) return;
  event.preventDefault();
  const row = event.target.closest(".choice-row");
  focusName(row.nextElementSibling ?? add(row.parentElement));
});

document.addEventListener("paste", (event) => {
  if (!event.target.matches("[name=choice_name]")) return;
  const lines = event.clipboardData.getData("text/plain").split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  if (lines.length < 2) return;
  event.preventDefault();
  const row = event.target.closest(".choice-row");
  event.target.value = lines.shift();
  let last = row;
  for (const line of lines) last = add(row.parentElement, line);
  focusName(last);
});
