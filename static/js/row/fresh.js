// A row's panel while others change the row: asked for again, and every field that nobody is busy with shows what the server says.
import { made } from "../elements.js";
import { Unreachable, ask } from "../grid/ask.js";
import { fieldOf, isDirty } from "./fields.js";
import { isSending, requestsHost } from "./saving.js";

const POLL_MS = 2_000;

/** Note how the server wrote a panel's fields, and which version of the row they show. */
export function adopt(article) {
  for (const field of article.querySelectorAll(".row-field")) adoptField(field, article.dataset.v);
}

function adoptField(field, v) {
  field.written = field.outerHTML;
  field.v = v;
}

/** Ask for a panel anew; `wanted` is a field that takes what the server says whatever is in it. */
export async function refresh(article, wanted = null) {
  let answer;
  try {
    answer = await ask(requestsHost, "GET", article.dataset.url);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return;
  }
  if (!article.isConnected) return;
  if (answer.status === 404) return gone(article);
  const template = document.createElement("template");
  template.innerHTML = answer.text;
  const fresh = template.content.querySelector(".row-panel");
  if (answer.status !== 200 || !fresh || fresh.dataset.row !== article.dataset.row) return;
  if (Number(fresh.dataset.v) < Number(article.dataset.v)) return;
  merge(article, fresh, wanted);
}

function merge(article, fresh, wanted) {
  const { v, version, number = "" } = fresh.dataset;
  Object.assign(article.dataset, { v, version, number });
  // A page of its own has other links in its head.
  const head = article.closest("#panel") ? ".row-panel-head" : "#row-title";
  swapUnlessFocused(article.querySelector(head), fresh.querySelector(head));
  const before = [...article.querySelectorAll(".row-field")];
  const now = [...fresh.querySelectorAll(".row-field")];
  const isSame = before.length === now.length && before.every((field, at) => field.dataset.key === now[at].dataset.key && field.dataset.kind === now[at].dataset.kind);
  if (!isSame) {
    if (before.some(isBusy)) return;
    const fields = article.querySelector(".row-fields");
    fields.replaceChildren(...fresh.querySelector(".row-fields").children);
    window.htmx.process(fields);
    return adopt(article);
  }
  before.forEach((field, at) => field !== wanted && isBusy(field) || swap(field, now[at], v));
}

const isBusy = (field) => field.dataset.key !== undefined && (isDirty(field) || isSending(field) || field.hasAttribute("data-wrong") || field.querySelector(".calendar, .row-picker") !== null);

function swap(field, fresh, v) {
  const written = fresh.outerHTML;
  field.v = v;
  if (field.written === written && !field.hasAttribute("data-wrong")) return;
  const state = field.querySelector(".row-state.good");
  const { id, selectionStart, selectionEnd } = field.contains(document.activeElement) ? document.activeElement : {};
  field.replaceWith(fresh);
  adoptField(fresh, v);
  if (state) fresh.querySelector(".row-state")?.replaceWith(state);
  const focused = id && document.getElementById(id);
  if (!focused) return;
  focused.focus({ preventScroll: true });
  if (focused.matches("[data-text]")) focused.setSelectionRange(selectionStart, selectionEnd);
}

function swapUnlessFocused(part, fresh) {
  if (!part || !fresh || part.contains(document.activeElement) || part.outerHTML === fresh.outerHTML) return;
  part.replaceWith(fresh);
  window.htmx.process(fresh);
}

// What was typed stays where it is, to be read and copied.
function gone(article) {
  if (article.querySelector(".row-gone")) return;
  const words = "This row was deleted. What you typed is still here to be copied; nothing more can be saved.";
  article.querySelector(".row-panel-head").after(made("p", { class: "row-gone", role: "alert" }, words));
  for (const control of article.querySelectorAll(".row-field input, .row-field select, .row-field textarea")) {
    if (control.matches("[data-text]")) control.readOnly = true;
    else control.disabled = true;
    const field = fieldOf(control);
    if (field) field.dataset.gone = "";
  }
}

/**
 * Where no grid hears of changes, ask for them; `changed()` when the row is among them. While an AI run is under way its cells' states
 * change without that, and the answer may name no version.
 */
export function poll(article, changed) {
  let wasWorking = false;
  const look = async () => {
    if (!article.isConnected) return;
    if (!document.hidden) {
      const answer = await ask(requestsHost, "GET", article.dataset.changesUrl, { version: article.dataset.version }).catch(() => null);
      const news = answer?.status === 200 ? answer.json : null;
      const isWorking = Boolean(news?.working?.length);
      if (news?.version !== undefined) article.dataset.version = news.version;
      if (isWorking || (answer && wasWorking) || news?.all || news?.ids?.includes(Number(article.dataset.row))) changed();
      if (answer) wasWorking = isWorking;
    }
    setTimeout(look, POLL_MS);
  };
  setTimeout(look, POLL_MS);
}
