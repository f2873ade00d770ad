// The headings of a grouped view: asked for once for all groups, opened and closed here. Which are closed the address says.
import { Latest, good } from "./ask.js";
import { reader, written } from "./closed.js";
import { FlatLines, GroupedLines } from "./lines.js";
import { linked, part } from "./link.js";

const TOO_MANY = "So many groups cannot be closed one by one. Close all groups, and open those that you want to see.";

export class Groups {
  #headings = [];
  #latest;
  #version = 0; // of the table, when the headings were read
  #isComing;

  constructor(grid, url) {
    Object.assign(this, { grid, url });
    this.#latest = new Latest(grid);
    this.#isComing = grid.dataset.grouped === "true";
    grid.addEventListener("click", (event) => {
      const heading = event.target.closest(".group");
      if (heading) this.#toggle(heading.dataset.path);
    });
  }

  /** The body's lines for `count` rows. */
  lines(count) {
    return this.#headings.length ? new GroupedLines(this.#headings, count) : new FlatLines(count);
  }

  /** Nobody knows yet which rows are shown: some groups are closed, and the headings are on their way. */
  get isWaiting() {
    return this.#isComing && part("closed") !== "";
  }

  /** Other rows are shown: the headings are asked for anew. */
  change() {
    this.#headings = [];
    this.ask();
  }

  /** Ask for the headings, if the view has groups. */
  async ask() {
    const { grid } = this;
    if (grid.dataset.grouped !== "true") return;
    const totals = part("totals");
    const values = { order: grid.order.name, ...(totals ? { totals } : {}) };
    this.#isComing = !this.#headings.length;
    const answer = good(grid, await this.#latest.ask(linked(this.url), values));
    this.#isComing = false;
    if (answer) this.#take(answer.text);
    grid.view.ask();
  }

  #take(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const facts = template.content.querySelector("[data-version]")?.dataset;
    this.#version = Number(facts?.version ?? 0);
    const note = template.content.querySelector("[data-note]");
    if (note) this.grid.toast(note.textContent, "info");
    const isClosed = reader(part("closed"));
    this.#headings = [...template.content.querySelectorAll(".group")].map((element) => ({
      element,
      level: Number(element.dataset.level),
      rows: Number(element.dataset.rows),
      isLeaf: element.dataset.leaf !== undefined,
      path: element.dataset.path,
      isClosed: isClosed(element.dataset.path),
    }));
    this.#show();
    // They are newer than the rows' order, which is then asked for.
    if (facts?.stale !== undefined) this.grid.order.isOutOfDate();
  }

  /** Whether the headings were read when the rows stood in that order, or later. */
  areOf(order) {
    return !this.#headings.length || this.#version >= (parseInt(order, 10) || 0);
  }

  /** Close the innermost group of the focused row. */
  closeHere() {
    let row = 0;
    let last = null;
    for (const heading of this.#headings) {
      if (!heading.isLeaf) continue;
      last = heading;
      row += heading.rows;
      if (row > this.grid.focusRow) break;
    }
    if (last && !last.isClosed) this.#toggle(last.path);
  }

  closeAll(isClosed) {
    this.#close(this.#headings, isClosed);
  }

  #toggle(path) {
    const heading = this.#headings.find((each) => each.path === path);
    const wanted = !heading.isClosed;
    this.#close([heading], wanted);
    if (heading.isClosed === wanted) this.grid.say(`${heading.element.dataset.name}: ${wanted ? "closed" : "open"}`);
  }

  // What the address cannot hold is not done: a link would show something else.
  #close(headings, isClosed) {
    if (!headings.length) return;
    const before = part("closed");
    for (const heading of headings) heading.isClosed = isClosed;
    const text = written(this.#headings, before);
    if (text !== null) this.grid.see({ closed: text }, true);
    if (text === null) this.grid.toast(TOO_MANY, "bad");
    if (part("closed") !== text) {
      const wasClosed = reader(before);
      for (const heading of this.#headings) heading.isClosed = wasClosed(heading.path);
    }
    this.#show();
  }

  #show() {
    for (const { element, isClosed } of this.#headings) element.querySelector("button").setAttribute("aria-expanded", String(!isClosed));
    const { grid } = this;
    grid.layOutLines();
    grid.move(grid.focusRow, grid.focusCol, false, { show: false });
    grid.view.ask();
    grid.view.invalidate();
  }
}
