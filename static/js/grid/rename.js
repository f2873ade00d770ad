// A column renamed in its header: Enter takes the name, Tab takes it and goes on to the next column's, Esc leaves the old one.
import { made } from "../elements.js";
import { comeAgain } from "./again.js";
import { part } from "./link.js";
import { mayChange, send } from "./sending.js";

const MOST = 200; // characters, as NAME_LENGTH in tables/schema.py
const NAMED_ELSEWHERE = ["filter", "sort", "group"]; // the toolbar tells of these by the columns' names

/** Edit the name of the focused column. */
export function renameColumn(grid) {
  if (!mayChange(grid) || !grid.columns.length) return;
  const { row, col } = grid.selection.focus;
  grid.places.show({ row, col });
  grid.view.flush();
  const field = fieldIn(grid.columns.heads[col], grid.columns.at(col).name);
  const close = () => {
    field.onblur = null;
    field.remove();
    grid.focus();
  };
  const take = async (step) => {
    if (field.readOnly) return;
    field.readOnly = true;
    if (!(await renamed(grid, col, field.value))) {
      field.readOnly = false;
      return field.focus();
    }
    close();
    if (step && grid.columns.heads[col + step]) {
      grid.move(row, col + step, false);
      renameColumn(grid);
    }
    return undefined;
  };
  field.onblur = () => take(0);
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing || !["Enter", "Tab", "Escape"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Escape") close();
    else take(event.key === "Enter" ? 0 : event.shiftKey ? -1 : 1);
  });
}

function fieldIn(head, name) {
  const field = made("input", { type: "text", class: "head-field", maxlength: MOST, dir: "auto", autocomplete: "off", "aria-label": `Name of the column ${name}` });
  field.value = name;
  for (const type of ["pointerdown", "dblclick", "copy", "cut", "paste"]) field.addEventListener(type, (event) => event.stopPropagation());
  head.append(field);
  field.focus();
  field.select();
  return field;
}

// Whether the column has this name now; else a toast has told why not.
async function renamed(grid, col, text) {
  const { key, name: old } = grid.columns.at(col);
  const wanted = text.trim();
  if (!wanted || wanted === old) return true;
  const answer = await send(grid, grid.dataset.renameColumnUrl.replace("/0/", `/${key}/`), { name: wanted });
  if (!answer) return false;
  const { name, version, before } = answer.json;
  const told = { text: `“${old}” is called “${name}” now`, undo: true };
  // The page goes on, unless others have changed columns as well.
  if (before !== grid.news.columnsVersion || NAMED_ELSEWHERE.some(part)) {
    await comeAgain(grid, told);
    return true;
  }
  grid.news.columnsVersion = version;
  grid.news.sawVersion(version);
  grid.columns.rename(col, name);
  grid.select(grid.selection, { show: false }); // whose place is told by the name
  grid.toast(`${told.text}.`, "info", { name: "undo", actions: [{ label: "Undo", run: () => grid.run("undo") }] });
  return true;
}
