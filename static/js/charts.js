// Richer charts. The picture and the table from the server stay for everyone else.
// <figure data-figure="address"> fetches {data, layout} when its link [data-draw] is pressed; without this
// file the link leads to the chart's own page. <figure data-chart="id"> carries the same as
// <script type="application/json" id="id"> and is drawn when the reader is near.
const self = document.querySelector("script[data-charts]");
const opened = new Set();
let plotly;
let template;

const load = () => {
  plotly ??= new Promise((resolve, reject) => {
    // Plotly would write its rules into the page, which the policy forbids; this element tells it not to.
    const link = document.createElement("link");
    link.id = "plotly.js-style-global";
    link.className = "no-inline-styles";
    link.rel = "stylesheet";
    link.href = self.dataset.styles;
    document.head.append(link);
    const script = document.createElement("script");
    script.src = self.dataset.plotly;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  template ??= json(self.dataset.template);
  return Promise.all([plotly, template]);
};

const json = async (address) => {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
};

const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

const read = async (figure) => {
  if (figure.dataset.figure) return json(figure.dataset.figure);
  const source = document.getElementById(figure.dataset.chart);
  return source && JSON.parse(source.textContent);
};

const draw = async (figure) => {
  const [found, [Plotly, forms]] = await Promise.all([read(figure), load()]);
  if (!found) return;
  const form = forms[dark() ? "dark" : "light"];
  let place = figure.querySelector(".plot");
  if (!place) {
    place = document.createElement("div");
    place.className = "plot";
    (figure.querySelector("svg") || figure.querySelector("figcaption")).after(place);
  }
  await Plotly.react(place, found.data, { ...found.layout, template: form }, forms.config);
  figure.classList.add("drawn");
  say(figure, true);
};

const erase = (figure) => {
  const place = figure.querySelector(".plot");
  if (place) { window.Plotly?.purge(place); place.remove(); }
  figure.classList.remove("drawn");
  say(figure, false);
};

// The link's words say what pressing it does next.
const say = (figure, shown) => {
  const link = figure.querySelector("[data-draw]");
  if (!link) return;
  const word = link.firstChild;
  link.dataset.open ??= word.data;
  word.data = shown ? link.dataset.shut : link.dataset.open;
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-draw]");
  if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const figure = link.closest("figure");
  if (opened.delete(figure.id)) { erase(figure); return; }
  opened.add(figure.id);
  draw(figure).catch(() => location.assign(link.href));
});

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    near.unobserve(entry.target);
    draw(entry.target).catch(() => entry.target.classList.remove("drawn"));
  }
}, { rootMargin: "200px" });
const watch = (root) => {
  root.querySelectorAll?.("figure[data-chart]").forEach((figure) => near.observe(figure));
  // A panel that was drawn anew keeps what the reader opened in it.
  root.querySelectorAll?.("figure[data-figure]").forEach((figure) => {
    if (opened.has(figure.id)) draw(figure).catch(() => erase(figure));
  });
};

watch(document);
document.addEventListener("htmx:load", (event) => watch(event.detail.elt));
const redraw = () => document.querySelectorAll("figure.drawn").forEach((figure) => draw(figure));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
