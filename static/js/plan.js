// The plan's editor: Tab indents, Escape then Tab leaves, unsaved text is not lost by a stray click.
const area = document.querySelector("textarea.source");
if (area) {
  const began = area.value;
  let leave = false;
  let sent = false;
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { leave = true; return; }
    if (event.key === "Tab" && !event.shiftKey && !leave) {
      event.preventDefault();
      area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    leave = false;
  });
  area.form.addEventListener("submit", () => { sent = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && area.value !== began) event.preventDefault();
  });
}
