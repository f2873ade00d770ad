// Which groups are closed, as the address and a saved view hold it (views_app/closed.py): "path,path", or "all,path,path" for all but
// these. Pure.

const MOST = 200; // as in views_app/closed.py
const ALL = "all";

/** A function that says of a group's path whether the text means that it is closed. */
export function reader(text) {
  const paths = new Set(text.split(","));
  const isAll = paths.has(ALL);
  return (path) => isAll !== paths.has(path);
}

/**
 * The text for these headings, [{path, isClosed}], in the form of the text before or in the shorter one; null when neither can hold
 * them. Groups that are gone stay as they were while there is room.
 */
export function written(headings, before) {
  if (headings.every(({ isClosed }) => isClosed)) return ALL;
  if (!headings.some(({ isClosed }) => isClosed)) return "";
  const wasAll = before.split(",").includes(ALL);
  const names = { true: paths(headings, false), false: paths(headings, true) };
  const isAll = names[wasAll].length <= MOST ? wasAll : !wasAll;
  if (names[isAll].length > MOST) return null;
  const here = new Set(headings.map(({ path }) => path));
  const gone = isAll === wasAll ? before.split(",").filter((path) => path && path !== ALL && !here.has(path)) : [];
  const all = [...names[isAll], ...gone].slice(0, MOST).sort();
  return (isAll ? [ALL, ...all] : all).join(",");
}

function paths(headings, isClosed) {
  return headings.filter((heading) => heading.isClosed === isClosed).map(({ path }) => path);
}
