// The search box: shows only the rows that are found, or goes from hit to hit; marks what is found in the cells on the screen.
import { Latest, good } from "./ask.js";
import { Highlighter } from "./highlight.js";
import { linked, part } from "./link.js";

const QUIET_MS = 300; // after the last letter until the server is asked

export class Search {
  #timer = 0;
  #latest;
  #number = 0; // of the hit one is at, in mode "jump"
  #total = null;
  #text = ""; // what is searched for
  #hit = null; // to be gone to once the view's rows are counted
  #isLaid = Promise.resolve(); // settled once the grid shows the first rows of what is wanted now
  #marks = new Highlighter();

  constructor(grid, form) {
    Object.assign(this, { grid, form });
    this.#latest = new Latest(grid);
    this.field = form.querySelector(".search-field");
    this.output = form.querySelector(".search-hits");
    this.mode = form.querySelector(".search-mode");
    this.accents = form.querySelector(".search-accents");
    this.field.addEventListener("input", () => this.#typed());
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => this.#pressed(event));
    form.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
    document.addEventListener("keydown", (event) => this.#pressedAnywhere(event));
    grid.addEventListener("grid:count", () => {
      this.#show();
      queueMicrotask(() => this.#showHit()); // after the order has put the focus where it belongs
    });
    this.#look();
    if (this.#isJumping && this.#text) this.#go(0, false);
    this.#show();
  }

  get #isJumping() {
    return part("match") === "jump";
  }

  /** Put the keyboard into the box. */
  open() {
    this.field.focus();
    this.field.select();
  }

  /** What is searched for, or how, is another; `isLaid` settles when the grid has begun anew with it. */
  changed(isLaid) {
    this.#isLaid = isLaid;
    this.#hit = null;
    this.#look();
    if (document.activeElement !== this.field) this.field.value = part("search");
    this.#number = 0;
    this.#total = null;
    this.#latest.cancel();
    if (this.#isJumping && this.#text) this.#go(0, true);
    this.#show();
    this.grid.view.invalidate();
  }

  #look() {
    this.#text = part("search");
    this.#marks.look(this.#text, part("accents") === "match");
  }

  /** Rows have changed, so there may be other hits. */
  recount() {
    if (this.#isJumping && this.#text && !this.#latest.isAsking) this.#go(this.#number, false);
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), QUIET_MS);
  }

  #send() {
    clearTimeout(this.#timer);
    const text = this.field.value.trim();
    if (text !== part("search")) this.grid.see({ search: text }, part("search") !== "" && text !== "");
  }

  #pressed(event) {
    if (event.key === "Enter" && event.target === this.field) {
      event.preventDefault();
      const isNew = this.field.value.trim() !== part("search");
      this.#send();
      if (this.#isJumping && !isNew) this.#go(this.#number + (event.shiftKey ? -1 : 1), true);
      else if (!this.#isJumping) this.grid.focus();
    }
    if (event.key === "Escape") {
      event.preventDefault();
      if (this.field.value) this.#clear();
      else this.grid.focus();
    }
  }

  // The browser's own search would find only what is on the screen.
  #pressedAnywhere(event) {
    const isOurs = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "f";
    if (!isOurs || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.open();
  }

  #clicked(button) {
    if (!button) return;
    if (button.dataset.step) this.#go(this.#number + Number(button.dataset.step), true);
    if (button === this.mode) this.grid.see({ match: this.#isJumping ? "" : "jump" });
    if (button === this.accents) this.grid.see({ accents: part("accents") === "match" ? "" : "match" });
    if (button.matches(".search-clear")) this.#clear();
  }

  #clear() {
    this.field.value = "";
    this.#send();
    this.field.focus();
  }

  // To the hit of that number; numbers go round.
  async #go(number, moves) {
    const { grid } = this;
    if (!this.#text) return;
    const asked = this.#latest.ask(linked(grid.dataset.hitsUrl), { number });
    this.#show();
    const found = good(grid, await asked)?.json;
    if (found) {
      this.#number = found.number;
      this.#total = found.total;
    }
    this.#show();
    if (!found || !moves || found.index === null) return;
    await this.#isLaid;
    if (!this.#latest.isAsking) this.#hit = found;
    this.#showHit();
  }

  // Until the view's rows are counted only its first ones are known of.
  #showHit() {
    const { grid } = this;
    if (!this.#hit || !grid.isCounted) return;
    const { index, column } = this.#hit;
    this.#hit = null;
    const col = grid.columns.heads.findIndex(({ dataset }) => dataset.key === String(column));
    grid.move(index, col < 0 ? grid.focusCol : col, false);
    grid.sayPlace();
  }

  #show() {
    const isOn = Boolean(this.#text);
    const count = this.#isJumping ? this.#total : this.grid.isCounted ? this.grid.count : null;
    this.mode.setAttribute("aria-pressed", String(!this.#isJumping));
    this.accents.setAttribute("aria-pressed", String(part("accents") === "match"));
    this.form.querySelector(".search-steps").hidden = !isOn || !this.#isJumping;
    this.form.querySelector(".search-clear").hidden = !this.field.value;
    this.output.classList.toggle("none", isOn && count === 0);
    this.output.textContent = isOn ? this.#words(count) : "";
  }

  #words(count) {
    if (count === null) return "…";
    if (!count) return "Nothing found";
    const all = count.toLocaleString("en-US");
    return this.#isJumping ? `${(this.#number + 1).toLocaleString("en-US")} of ${all}` : all;
  }

  /** Mark what is found in the rows that are on the screen. */
  highlight() {
    if (this.#marks.isOn) this.#marks.show(this.grid.painter.shown());
  }
}
