// Copy, cut and paste of the grid: the browser's own events, and the same by keys and menus.
//
// Cut as in spreadsheets: what was cut keeps its place under a moving outline and is emptied once it has been pasted here.
import { inTurn } from "../turns.js";
import { ask, good } from "./ask.js";
import { linked } from "./link.js";
import { paste } from "./paste.js";
import { commanded, putOnClipboard } from "./put.js";
import { named, rectangle } from "./selection.js";
import { byPlace, mayChange, which } from "./sending.js";

const HTML_CELLS = 200_000; // as in tables/copying.py
const WHOLE_CELLS = 500_000; // the same; above, the text comes piece by piece
const END = "\0"; // after the last piece; a sentence behind it says why the text is not whole
const TELL_MS = 2_000;
const IDS_IN_LINK = 200; // longer ones go by their places

export class Clipboard {
  #cut = null; // {text, area, keys} and {ids, version} or {kept} while something waits to be pasted; `kept` names what the server keeps
  #isPlain = false; // the paste that the browser will tell of next is to be text only

  constructor(grid) {
    this.grid = grid;
    // An empty table shows no grid that could have the keyboard.
    const isOurs = ({ target }) => {
      if (!grid.count && target === document.body) return true;
      return !grid.editing.editor.isOpen && (target === grid || target === grid.editing.editor.field);
    };
    const take = (event, run) => {
      if (!isOurs(event)) return;
      event.preventDefault();
      run();
    };
    document.addEventListener("copy", (event) => take(event, () => this.copy()));
    document.addEventListener("cut", (event) => take(event, () => this.cut()));
    document.addEventListener("paste", (event) => take(event, () => this.#pasted(event.clipboardData)));
  }

  /** The browser is about to tell of a paste. */
  expect(command) {
    this.#isPlain = command === "pasteText";
  }

  copy() {
    return this.#take(false);
  }

  cut() {
    return this.grid.canEdit ? this.#take(true) : this.#take(false);
  }

  /** Paste from a menu, where no event brings what is on the clipboard: the browser may ask the person whether it may be read. */
  async paste(isPlain = false) {
    try {
      const [item] = await navigator.clipboard.read();
      const read = async (type) => (item.types.includes(type) ? (await item.getType(type)).text() : "");
      await this.#put(await read("text/html"), await read("text/plain"), isPlain);
    } catch {
      this.grid.toast("The browser does not let this page read the clipboard. Use the keys for it: Ctrl+V, or ⌘V on a Mac.", "info");
    }
  }

  /** Forget what was copied or cut. False when there was nothing. */
  forget() {
    const had = this.grid.marks.copied !== null;
    this.#cut = null;
    this.grid.marks.copied = null;
    this.grid.view.invalidate();
    return had;
  }

  async #take(isCut) {
    const { grid } = this;
    if (!grid.count || !grid.columns.length) return;
    const area = rectangle(grid.selection, grid.size);
    const size = (area.bottom - area.top + 1) * (area.right - area.left + 1);
    this.forget();
    const rows = which(grid, area.top, area.bottom);
    const coming = this.#ask(area, rows, isCut, size > WHOLE_CELLS);
    if (size > HTML_CELLS) grid.toast("Copying…", "info", { until: coming, name: "copying" });
    const isDone = await putOnClipboard(coming, size <= HTML_CELLS).catch(() => null);
    if (isDone === null) return;
    const copied = await coming;
    if (!isDone) this.#offer(copied);
    grid.marks.copied = { ...area, count: grid.count, order: grid.order.name };
    const { text, ids, version, kept } = copied;
    if (isCut && !ids && !kept) return grid.toast("So many cells could be copied, but not cut. Try again in a minute.", "info");
    this.#cut = isCut ? { text, ids, version, kept, area, keys: grid.columns.keys(area.left, area.right) } : null;
    grid.view.invalidate();
    grid.say(`${named(size, "cell")} ${isCut ? "cut. They are emptied when you paste them" : "copied"}.`);
  }

  // In its turn, so that it holds what was typed before, and not what is typed after. Rejects after a toast with the reason.
  #ask(area, rows, isCut, isLong) {
    const { grid } = this;
    const isShort = rows.ids && area.bottom - area.top < IDS_IN_LINK;
    const place = isShort ? { ids: rows.ids } : byPlace(grid, area.top, area.bottom);
    const values = { keys: grid.columns.keys(area.left, area.right).join(), ...place, ...(isCut && { cut: "1" }) };
    const turn = inTurn(async () => {
      const told = isLong ? { arrived: teller(grid, turn) } : {};
      const asked = ask(grid, "GET", linked(grid.dataset.copyUrl), values, { tells: true, ...told });
      const answer = good(grid, await asked.catch((error) => grid.toast(error.told("nothing was copied"), "bad")));
      if (!answer) throw new Error("not copied");
      return { ...(answer.json ?? whole(grid, answer.text)), kept: answer.header("Rowan-Cut") };
    });
    return turn;
  }

  // The browser takes nothing so late after the key: a click is a new occasion.
  #offer(copied) {
    const { grid } = this;
    const run = () => (commanded(copied) ? grid.say("Copied.") : grid.toast("The browser does not let this page copy.", "bad"));
    grid.toast("What you copied is ready.", "info", { label: "Put it on the clipboard", run });
  }

  #pasted(data) {
    const isPlain = this.#isPlain;
    this.#isPlain = false;
    return this.#put(data.getData("text/html"), data.getData("text/plain"), isPlain);
  }

  async #put(html, text, isPlain) {
    const { grid } = this;
    if (!mayChange(grid)) return;
    const isTable = !isPlain && /<table[\s>]/i.test(html);
    if (!isTable && !text) return grid.toast("There is no text on the clipboard to paste.", "info");
    const cut = this.#cut && sameText(this.#cut.text, text) ? this.#cut : null;
    const isDone = await paste(grid, { html: isTable ? html : "", text, cut });
    if (cut && isDone) this.forget();
    return undefined;
  }
}

// Says how much has come, now and then.
function teller(grid, until) {
  let at = performance.now();
  return (bytes) => {
    if (performance.now() - at < TELL_MS) return;
    at = performance.now();
    grid.toast(`Copying… ${Math.round(bytes / 1e6)} MB`, "info", { until, name: "copying" });
  };
}

// A text that came in pieces, without its end.
function whole(grid, text) {
  const at = text.lastIndexOf(END);
  const reason = at < 0 ? "The copy broke off, so nothing was copied. Try again." : text.slice(at + 1);
  if (!reason) return { text: text.slice(0, at), html: "" };
  grid.toast(reason, "bad");
  throw new Error("not copied");
}

// Clipboards end lines in their own way, and may add or take the last end.
const sameText = (one, other) => even(one) === even(other);
const even = (text) => text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
