// Keys. Single letters can be switched off in the list that ? opens (WCAG 2.1.4); none decides by itself.
const list = document.getElementById("keys");
const cookie = (name) => new RegExp(`(?:^|; )${name}=([^;]*)`).exec(document.cookie)?.[1];
let on = cookie("keys") !== "off";
let before = 0;

const typing = (target) => target.closest("input,textarea,select,[contenteditable]");
const press = (name) => {
  const targets = [...document.querySelectorAll(`[data-key="${name}"]`)];
  const target = targets.find((element) => element.getClientRects().length) || targets[0];
  if (!target) return false;
  target.click();
  return true;
};

const rows = () => [...document.querySelectorAll("[data-rows] tr, [data-rows] > li")].filter((row) => row.querySelector("a"));
const step = (by) => {
  const all = rows();
  if (!all.length) return false;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 && by < 0 ? all.length - 1 : at + by))];
  next.querySelector("a").focus();
  return true;
};
const jump = (id) => {
  const part = document.getElementById(id);
  if (!part) return false;
  part.scrollIntoView({ block: "start" });
  const heading = part.querySelector("h2") || part;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  return true;
};

document.addEventListener("keydown", (event) => {
  if (!on && event.key !== "?") return;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const afterG = Date.now() - before < 1200;
  before = 0;
  let done = false;
  if (afterG) done = press(`g${event.key}`);
  else if (event.key === "g") { before = Date.now(); return; }
  else if (event.key === "?" && list) { list.showModal(); done = true; }
  else if (event.key === "j") done = step(1);
  else if (event.key === "k") done = step(-1);
  else if (event.key === "e") done = jump("gate_list");
  else if (event.key === "c") done = jump("calendar");
  else if ("ahu/".includes(event.key)) done = press(event.key);
  if (done) event.preventDefault();
});

const choice = list?.querySelector("[data-keys-switch]");
if (choice) {
  choice.checked = on;
  choice.addEventListener("change", () => {
    on = choice.checked;
    document.cookie = `keys=${on ? "on" : "off"};path=/;max-age=31536000;samesite=lax`;
  });
}
