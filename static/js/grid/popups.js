// What hangs on the editor of a cell of some kind: the list of choices, the calendar, a button that opens a link.
//
// A popup is told of changed() text, may take keys - pressed(event), true when it did - and leaving(event) to Tab, says the text()
// to commit, and stands where place() puts it.
import { Calendar } from "./calendar.js";
import { Opener, opens } from "./opener.js";
import { Picker } from "./picker.js";

const DAYS = ["date", "datetime"];
const CHOICES = ["select", "multi_select"];

/** The popup of an editor for a cell of this column, in its box; null where none is needed. */
export function popupOf(editor, { column, options, cell, begun, again }) {
  const { box, field } = editor;
  const finish = () => editor.finish("down");
  if (CHOICES.includes(column.kind)) {
    const chosen = [...cell.querySelectorAll(".opt")].map((option) => option.textContent);
    const many = column.kind === "multi_select";
    return new Picker(field, options.options ?? [], { name: column.name, chosen, many, again, picked: finish }).addTo(box);
  }
  if (DAYS.includes(column.kind)) {
    const calendar = new Calendar(field, { name: column.name, options, hasTime: column.kind === "datetime", taken: finish, cancelled: () => editor.cancel() });
    calendar.button.append(column.icon());
    box.append(calendar.button, calendar.element);
    if (begun === "here") calendar.open(!again);
    return calendar;
  }
  return opens(column.kind) ? new Opener(field, column).addTo(box) : null;
}
