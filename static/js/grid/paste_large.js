// Pasting more than one request writes: the text is sent once, and a worker writes it while the page goes on (large.js).
import { showTemplate } from "./dialogs.js";
import { named } from "./selection.js";
import { byPlace, handOver } from "./sending.js";

// What the server takes (config/limits.py, tables/edits/large_paste.py).
const MOST_BYTES = 50_000_000;
const MOST_CELLS = 5_000_000;

/** Whether the cells of the column with this key hold options. */
export const isOfOptions = (grid, key) => ["select", "multi_select"].includes(grid.columns.kindOf(key));

/** Begin it, after a question if it could make columns or options, too: true when it has begun. */
export async function pasteLarge(grid, { size, format, place, text, html, cut }) {
  const makes = await asked(grid, size, place);
  if (!makes) return false;
  const last = Math.min(place.bottom, grid.count - 1);
  const rows = last < place.top ? { ids: "", at: place.top } : byPlace(grid, place.top, last);
  const sent = new File([format === "html" ? html : text], "pasted");
  const values = { ...rows, format, keys: place.keys.join(), rows: "1", text: sent, ...cutFrom(cut), ...makes };
  return handOver(grid, grid.dataset.pasteUrl, values, "Sending what is pasted…");
}

/** What was cut, as the server takes it. */
export function cutFrom(cut) {
  if (!cut) return {};
  const named = cut.kept ? { cut: cut.kept } : { cut_ids: cut.ids.join(), cut_version: cut.version };
  return { ...named, cut_keys: cut.keys.join(), cut_at: cut.area.top };
}

/** Why so much cannot be pasted; "" if it can. */
export function refusalOf({ rows, cols }, text) {
  const asFile = "Import it as a file.";
  const size = 3 * text.length > MOST_BYTES ? new Blob([text]).size : 0;
  if (size > MOST_BYTES) return `At most 50 MB of text can be pasted at once; this is ${Math.ceil(size / 1e6).toLocaleString("en-US")} MB. ${asFile}`;
  if (rows * cols > MOST_CELLS) return `At most 5,000,000 cells can be pasted at once; this is ${named(rows * cols, "cell")}. ${asFile}`;
  return "";
}

// What it may make, {} if there is nothing to ask; null when the person goes back.
function asked(grid, { rows, cols }, { keys, missing }) {
  const columns = grid.columns.heads.filter(({ dataset }) => keys.includes(dataset.key) && isOfOptions(grid, dataset.key));
  if (!missing && !columns.length) return {};
  const dialog = showTemplate("grid-paste");
  dialog.querySelector("[data-size]").textContent = `${named(rows, "row")} × ${named(cols, "column")}`;
  const names = columns.map(({ dataset }) => `“${dataset.name}”`).join(", ");
  offer(dialog, "columns", missing && `Add ${named(missing, "column")} for what goes past the last one`);
  offer(dialog, "choices", names && `Add the options that ${names} ${columns.length === 1 ? "has" : "have"} not got yet`);
  const form = dialog.querySelector("form");
  return new Promise((resolve) => {
    let answer = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer = Object.fromEntries([...new FormData(form).keys()].map((name) => [name, "1"]));
      dialog.close();
    });
    const closed = () => {
      if (dialog.open && dialog.contains(form)) return; // what was shown before this has been closed
      dialog.removeEventListener("close", closed);
      resolve(answer);
    };
    dialog.addEventListener("close", closed);
  });
}

function offer(dialog, name, words) {
  const label = dialog.querySelector(`[name="${name}"]`).closest("label");
  if (words) label.querySelector("span").textContent = words;
  else label.remove();
}
