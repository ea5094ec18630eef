// Live panels: swap only when no control inside has focus, keep what was opened, say what changed, show age.
const INTERVAL_MS = 15000;
const CONTROL = "a[href],button,input,select,textarea,summary,[tabindex]";
const say = (text, urgent) => {
  const region = document.getElementById(urgent ? "alarm" : "say");
  if (region && text) region.textContent = text;
};
let heardAt = Date.now();
const held = new Set();
let last = "";

const busyIn = (panel) => {
  const at = document.activeElement;
  return panel && panel !== at && panel.contains(at) && at.matches(CONTROL);
};
const opened = (panel) => [...panel.querySelectorAll("details[open][id],details[open][data-keep]")].map((d) => d.id || d.dataset.keep);

document.addEventListener("htmx:beforeRequest", (event) => {
  // A panel that polls waits while someone works in it; a submitted form always goes.
  const panel = event.target;
  if (panel.matches("[data-live]") && (busyIn(panel) || document.querySelector("dialog[open]"))) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (!target || !target.matches("[data-live]")) return;
  const poll = requestConfig && requestConfig.verb === "get";
  if (poll && busyIn(target)) { event.detail.shouldSwap = false; return; }
  held.clear();
  for (const key of opened(target)) held.add(key);
  last = target.dataset.announce || "";
});

document.addEventListener("htmx:afterSwap", (event) => {
  const panel = event.detail.elt && event.detail.elt.isConnected ? event.detail.elt : document.getElementById(event.detail.target.id);
  if (!panel) return;
  for (const details of panel.querySelectorAll("details")) if (held.has(details.id || details.dataset.keep)) details.open = true;
  const text = panel.dataset.announce || "";
  if (text && text !== last) say(text, panel.hasAttribute("data-urgent"));
  const needs = panel.dataset.needs;
  if (needs) for (const badge of document.querySelectorAll("[data-needs-you]")) { badge.firstChild.data = needs; badge.hidden = needs === "0"; }
  const problem = panel.querySelector("[role=alert]");
  if (problem) { problem.tabIndex = -1; problem.focus(); }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr } = event.detail;
  if (!xhr || !xhr.status || xhr.status >= 500) return;
  heardAt = Date.now();
  const date = new Date(xhr.getResponseHeader("Date") || Date.now());
  if (Number.isNaN(date.valueOf())) return;
  for (const stamp of document.querySelectorAll("[data-live-at]")) {
    stamp.dateTime = date.toISOString();
    stamp.textContent = `${date.toISOString().slice(11, 19)} UTC`;
  }
});

document.addEventListener("announce", (event) => say(event.detail.text, event.detail.urgent));

// Two missed answers: numbers go grey and the buttons that rely on them close. Halt stays.
const stale = () => {
  const age = Date.now() - heardAt;
  const old = age > 2 * INTERVAL_MS + 2000;
  const root = document.documentElement;
  if (old === root.hasAttribute("data-stale")) return;
  root.toggleAttribute("data-stale", old);
  const note = document.getElementById("stale-note");
  if (note) note.hidden = !old;
  for (const button of document.querySelectorAll("[data-needs-fresh]")) {
    if (old) button.setAttribute("aria-disabled", "true"); else button.removeAttribute("aria-disabled");
  }
  if (old) say(note ? note.textContent.trim() : "", true);
};
if (document.querySelector("[data-live]")) setInterval(stale, 1000);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[aria-disabled=true]");
  if (button && !button.matches("summary")) event.preventDefault();
}, true);

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
