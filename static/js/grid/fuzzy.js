// How well what was typed fits a name: its letters must come in it, in their order. Pure.

/** A number that is higher the better it fits; null where it does not. Nothing typed fits everything alike. */
export function fit(typed, name) {
  const wanted = folded(typed).replace(/\s+/g, " ").trim();
  const text = folded(name);
  if (!wanted) return 0;
  const whole = text.indexOf(wanted);
  // The whole of it in one piece is best, at the beginning of a word best of all, and in a short name.
  if (whole >= 0) return 1_000 + (isStart(text, whole) ? 500 : 0) - whole - text.length / 100;
  const words = wanted.split(" ");
  if (words.length > 1 && words.every((word) => text.includes(word))) return 800 - text.length / 100;
  return scattered(wanted.replaceAll(" ", ""), text);
}

// The letters one by one: those that begin words or follow each other count most.
function scattered(wanted, text) {
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const begins = startOf(text, letter, at + 1);
    const next = begins >= 0 ? begins : text.indexOf(letter, at + 1);
    if (next < 0) return null;
    score += next === at + 1 ? 8 : isStart(text, next) ? 6 : 1 - Math.min(1, (next - at) / 40);
    at = next;
  }
  return score - text.length / 100;
}

// A word further on that begins with the letter, unless the very next character is that letter.
function startOf(text, letter, from) {
  if (text[from] === letter) return from;
  for (let at = text.indexOf(letter, from); at >= 0; at = text.indexOf(letter, at + 1)) if (isStart(text, at)) return at;
  return -1;
}

const isStart = (text, at) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]);

const folded = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
