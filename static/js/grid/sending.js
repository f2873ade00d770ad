// One request that changes the table: which rows it is about, its answer, and what the grid shows and says of it.
import { inTurn } from "../turns.js";
import { Unreachable, ask, sentence } from "./ask.js";
import { linked } from "./link.js";
import { showProblems } from "./problems.js";
import { comeAgain } from "./again.js";

const PATIENCE_MS = 300; // after which a person is told what is under way

/**
 * Post, after all that the person did before: a promise of the answer, or of null after a toast with the reason. `doing` is what is
 * said where it takes longer ("Pasting…").
 */
export function send(grid, url, values, doing) {
  return together(grid, () => post(grid, url, values), doing);
}

/** The same for a change of more than one request: `run` makes them, by `post`, and nothing else that the person does comes between. */
export function together(grid, run, doing = "Saving…") {
  const turn = inTurn(run);
  const timer = setTimeout(() => grid.toast(doing, "info", { until: turn }), PATIENCE_MS);
  return turn.finally(() => clearTimeout(timer));
}

/** Post what a worker of the server does: true when it has begun. */
export function handOver(grid, url, values, doing) {
  return together(grid, async () => Boolean(taken(grid, await posted(grid, url, values))), doing);
}

/** Post now: what is in its turn does. The promise is that of `send`. */
export async function post(grid, url, values) {
  const answer = taken(grid, await posted(grid, url, values));
  return answer?.status === 200 ? answer : null;
}

// The answer to a change that is done or has begun; else null, after a toast with the reason.
async function posted(grid, url, values) {
  try {
    const answer = await ask(grid, "POST", linked(url), values, { tells: true });
    if (answer.status === 200 || answer.status === 202) return answer;
    grid.toast(sentence(answer), answer.status === 409 ? "info" : "bad");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    grid.toast(error.told(), "bad");
  }
  return null;
}

// The server goes on with what has begun by itself; its bar (htmx) says how far it is.
function taken(grid, answer) {
  if (answer?.status !== 202) return answer;
  grid.say(answer.json.text);
  if (answer.json.note) grid.toast(answer.json.note, "info");
  window.htmx.trigger(document.body, "bulk:begun", { bulk: answer.json.bulk });
  return answer;
}

/** Whether the person may change the table, after a word to one who may not. */
export function mayChange(grid) {
  if (!grid.canEdit) grid.toast("You may look at this table, but not change it.", "info");
  return grid.canEdit;
}

/** Rows as the server takes them. Those that are here go by their ids, so that what changes is what is seen; the rest by place. */
export function which(grid, top, bottom) {
  const ids = [];
  for (let index = top; index <= bottom; index += 1) {
    const row = grid.rows.row(index);
    if (!row) return byPlace(grid, top, bottom);
    ids.push(row.dataset.id);
  }
  return { ids: ids.join(","), at: top };
}

/** Rows by the places at which the person sees them now. */
export function byPlace(grid, top, bottom) {
  return { from: top, to: bottom, version: grid.news.version, order: grid.order.name };
}

/** Show what a change in `area` has made of the table; `json` is the server's answer. False when the page comes anew, with `more` to say. */
export function took(grid, json, area, more = {}) {
  // New columns and choices of columns stand in the header.
  if (json.columns?.length || json.choices) {
    comeAgain(grid, { text: json.text, undo: json.undo, ...more });
    return false;
  }
  if (json.count !== undefined) grid.news.changedTo(json);
  else grid.news.changedCells(json.version, area);
  return true;
}

/** Say what was done, with its undo, and list what was not, with `actions` that would do it. */
export function told(grid, json, actions = []) {
  const undo = () => grid.run("undo");
  // Undo is of the last change, so it stands on the last message only.
  grid.toast(`${json.text}.`, "info", { name: "undo", actions: json.undo ? [{ label: "Undo", run: undo }, ...actions] : actions });
  if (json.problem_count) showProblems(grid, json, actions);
}
