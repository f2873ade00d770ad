// The one dialog and the side panel, both filled by htmx (hx-target="#dialog" or "#panel").
const dialog = document.getElementById("dialog");

const isHtml = (xhr) => (xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/html");

// A form that did not pass comes back with 422 and its sentences: show it, in place or in the form's data-error-target.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.status !== 422 || !isHtml(xhr)) return;
  const place = requestConfig.elt.closest("[data-error-target]")?.dataset.errorTarget;
  if (place) event.detail.target = document.querySelector(place);
  if (place) event.detail.swapOverride = "innerHTML";
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (!dialog.contains(event.detail.target) || !dialog.childElementCount) return;
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector("[aria-invalid='true'], [autofocus]");
  if (first && event.detail.target === dialog) first.focus();
});

document.addEventListener("htmx:afterRequest", (event) => {
  const done = event.detail.xhr.status >= 200 && event.detail.xhr.status < 300;
  if (done && event.detail.requestConfig.elt.matches("[data-close-on-success]")) dialog.close();
});

// An upload shows how far it is: a form with data-upload-progress holds a hidden <progress>.
document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.closest?.("[data-upload-progress]")?.querySelector("progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

// The event comes a little after the closing, when something else may be shown already.
dialog.addEventListener("close", () => dialog.open || dialog.replaceChildren());

document.addEventListener("click", (event) => {
  if (event.target.closest("#dialog [data-close-dialog]")) {
    // A link leads back from a dialog that has a page of its own; here that page is still behind it.
    event.preventDefault();
    dialog.close();
  }
  if (event.target.closest("[data-close-panel]")) closePanel();
  const dismissed = event.target.closest("[data-dismiss]")?.dataset.dismiss;
  if (dismissed) document.querySelector(dismissed)?.remove();
});

function closePanel() {
  document.getElementById("panel").replaceChildren();
  // Whoever opened it (the grid) takes the focus back.
  document.dispatchEvent(new CustomEvent("panel:closed"));
}

// A choice that needs no button of its own: its form is sent as soon as it is made.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});
