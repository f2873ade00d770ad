// A run that is sent before its price is there waits for it: the price may ask to be sure, and its answer would take that away.
// The form is `.ai-run`; what it asks the price for is #ai-run-choices, and [data-price] is where the price comes.

const changes = new WeakMap(); // form -> how often something was chosen in it
const asked = new WeakMap(); // form -> as of which choice the price was asked for last
const priced = new WeakMap(); // form -> as of which choice the price stands there
const waiting = new WeakSet(); // forms that were sent too early

const count = (form) => changes.get(form) ?? 0;
const formOf = (node) => (node.matches?.("[data-price]") ? node.closest(".ai-run") : null);

document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("#ai-run-choices")?.closest(".ai-run");
  if (!form) return;
  changes.set(form, count(form) + 1);
  forget(form);
});

document.addEventListener("htmx:beforeRequest", ({ target }) => {
  const form = formOf(target);
  if (form) asked.set(form, count(form));
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  const form = formOf(target);
  if (!form) return;
  priced.set(form, asked.get(form));
  if (priced.get(form) === count(form)) goOn(form);
  else forget(form);
});

// Without a price the server says what is missing.
for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failed, ({ target }) => {
    const form = formOf(target);
    if (!form) return;
    priced.set(form, count(form));
    goOn(form);
  });
}

// The tick that is asked for is about another price than the one to come: nobody needs to make it.
function forget(form) {
  for (const sure of form.querySelectorAll("[data-price] [required]")) sure.required = false;
}

function goOn(form) {
  if (waiting.delete(form) && form.isConnected) form.requestSubmit();
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches(".ai-run") || priced.get(form) === count(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting.add(form);
  },
  { capture: true },
);
