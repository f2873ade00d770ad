// The box of a prompt: "{" offers the columns by name, and Enter in a line beside it does what its button does.
// Arrows move, Enter or Tab takes, Escape leaves; the names are in the page already ([data-name] in #ai-names).
const box = () => document.querySelector("[data-prompt]");
const list = () => document.getElementById("ai-names");
const offered = () => [...list().children].filter((option) => !option.hidden);
const isOpen = () => list() && !list().hidden;

// What stands between the last open brace and the caret; null where none is open. "{{" is a brace itself.
function begun(field) {
  const before = field.value.slice(0, field.selectionStart);
  const at = before.lastIndexOf("{");
  if (at < 0 || field.selectionStart !== field.selectionEnd || /[}\n]/.test(before.slice(at))) return null;
  const braces = /\{+$/.exec(before.slice(0, at + 1))[0].length;
  return braces % 2 ? { at, text: before.slice(at + 1) } : null;
}

function offer(field) {
  const name = begun(field);
  const wanted = name?.text.trim().toLowerCase();
  let first = null;
  for (const option of list().children) {
    option.hidden = !name || !option.dataset.name.toLowerCase().includes(wanted);
    if (!option.hidden) first ??= option;
  }
  if (!first) return close(field);
  list().hidden = false;
  place(field, name.at);
  mark(field, first);
}

function close(field) {
  list().hidden = true;
  field.removeAttribute("aria-activedescendant");
}

function mark(field, option) {
  for (const each of list().children) each.setAttribute("aria-selected", String(each === option));
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

const marked = () => list().querySelector("[aria-selected=true]");

function take(field, option) {
  const { at } = begun(field);
  const rest = field.value.slice(field.selectionStart);
  // A name that is being corrected has its closing brace already.
  const end = field.selectionStart + (rest.startsWith("}") ? 1 : 0);
  field.setRangeText(option.dataset.name, at, end, "end");
  close(field);
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// Below the line of the brace: measured with a copy of the text before it, as a field does not tell where its caret is.
function place(field, at) {
  const copy = document.createElement("div");
  const style = getComputedStyle(field);
  for (const name of ["font", "padding", "border", "lineHeight", "letterSpacing", "whiteSpace", "overflowWrap"]) copy.style[name] = style[name];
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", width: `${field.offsetWidth}px`, boxSizing: "border-box" });
  copy.textContent = field.value.slice(0, at);
  const brace = document.createElement("span");
  brace.textContent = "{";
  copy.append(brace);
  field.parentElement.append(copy);
  const top = brace.offsetTop + brace.offsetHeight - field.scrollTop;
  const left = Math.min(brace.offsetLeft, field.offsetWidth - list().offsetWidth);
  copy.remove();
  list().style.top = `${Math.min(top + 4, field.offsetHeight)}px`;
  list().style.left = `${Math.max(0, left)}px`;
}

document.addEventListener("input", ({ target }) => target === box() && offer(target));
document.addEventListener("focusout", ({ target }) => target === box() && list() && close(target));

document.addEventListener(
  "keydown",
  (event) => {
    if (event.isComposing) return;
    const button = event.key === "Enter" && event.target.matches?.("[data-no-submit]") && document.querySelector(event.target.dataset.noSubmit);
    if (button) {
      event.preventDefault();
      button.click();
      return;
    }
    if (event.target !== box() || !isOpen()) return;
    const options = offered();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(event.target, options[(options.indexOf(marked()) + step + options.length) % options.length]);
    else if (event.key === "Enter" || event.key === "Tab") take(event.target, marked());
    else if (event.key === "Escape") close(event.target);
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape would close the dialog
  },
  true,
);

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest?.("#ai-names [data-name]");
  if (!option) return;
  event.preventDefault(); // the box keeps the focus
  take(box(), option);
});
