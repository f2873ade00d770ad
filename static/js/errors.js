// Requests that fail: the server's sentence as a toast. The grid answers for its own requests.
const GENERAL = "Something went wrong on the server. Reload the page to see what is saved, then try again.";
const UNREACHABLE = "Rowan cannot be reached. Check the network, then try again.";

const isGrid = (event) => event.detail.elt?.matches?.("data-grid");
const complain = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "bad" } }));

document.addEventListener("htmx:responseError", (event) => {
  if (!isGrid(event)) complain(sentence(event.detail.xhr));
});
document.addEventListener("htmx:sendError", (event) => {
  if (!isGrid(event)) complain(UNREACHABLE);
});
document.addEventListener("htmx:timeout", (event) => {
  if (!isGrid(event)) complain(UNREACHABLE);
});

// Rowan's error pages mark their sentence with data-error; JSON answers hold it under "error".
function sentence(xhr) {
  const type = xhr.getResponseHeader("Content-Type") ?? "";
  if (type.startsWith("application/json")) {
    try {
      return JSON.parse(xhr.responseText).error || GENERAL;
    } catch {
      return GENERAL;
    }
  }
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const found = page.querySelector("[data-error], .form-error");
  return found?.textContent.trim().replace(/\s+/g, " ") || GENERAL;
}
