// Confirmations as dialogs. Without this file the same link leads to the same form on a page of its own.
// <a href="/rollouts/x/decide/halt/" data-dialog> opens what that page holds in #confirmation.
const box = () => {
  let dialog = document.getElementById("confirm-box");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "confirm-box";
    document.body.append(dialog);
  }
  return dialog;
};

const open = async (link) => {
  let answer;
  try {
    answer = await fetch(link.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  } catch {
    location.assign(link.href);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = page.getElementById("confirmation");
  if (answer.redirected || !answer.ok || !form) { location.assign(link.href); return; }
  const dialog = box();
  dialog.replaceChildren(document.importNode(form, true));
  dialog.setAttribute("aria-labelledby", form.querySelector("h1,h2")?.id || "");
  const reason = document.querySelector("[data-reason]");
  const field = dialog.querySelector("[name=reason]");
  if (reason && field && !field.value) field.value = reason.value;
  window.htmx?.process(dialog);
  dialog.showModal();
  (dialog.querySelector("[autofocus]") || dialog.querySelector("input:not([type=hidden]),textarea,button"))?.focus();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  if (link && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    if (link.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    open(link);
    return;
  }
  const shut = event.target.closest("dialog [data-close]");
  if (shut) { event.preventDefault(); shut.closest("dialog").close(); return; }
  if (event.target.matches("dialog[open]")) event.target.close();
});
