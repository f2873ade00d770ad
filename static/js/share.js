// A click on [data-copy="<id of a field>"] puts the field's text on the clipboard, and says so in what describes it.

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  const isCopied = await copied(field.value);
  const said = document.getElementById(button.getAttribute("aria-describedby"));
  const what = button.dataset.what ?? "link";
  said.textContent = isCopied
    ? `The ${what} is copied.`
    : `The browser did not let the ${what} be copied. It is selected: press Ctrl+C, or Cmd+C on a Mac.`;
});

// Without https the browser has no clipboard for scripts, but it copies what is selected.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
