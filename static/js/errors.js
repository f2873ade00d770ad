// Requests that fail: the server's sentence as a toast. The grid keeps the events of its own requests to itself.
const GENERAL = "Something went wrong on the server. Reload the page to see what is saved, then try again.";
const UNREACHABLE = "Rowan cannot be reached. Check the network, then try again.";

const complain = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "bad" } }));

document.addEventListener("htmx:responseError", (event) => complain(sentence(event.detail.xhr)));
document.addEventListener("htmx:sendError", () => complain(UNREACHABLE));
document.addEventListener("htmx:timeout", () => complain(UNREACHABLE));

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
