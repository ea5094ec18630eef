// Richer charts where the reader is near: <figure data-chart="id"> with <script type="application/json" id="id">.
// The JSON is {data, layout}. The picture and the table from the server stay for everyone else.
const self = document.querySelector("script[data-charts]");
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
  template ??= fetch(self.dataset.template).then((answer) => answer.json());
  return Promise.all([plotly, template]);
};

const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

const draw = async (figure) => {
  const source = document.getElementById(figure.dataset.chart);
  if (!source) return;
  const [Plotly, forms] = await load();
  const { data, layout } = JSON.parse(source.textContent);
  const form = forms[dark() ? "dark" : "light"];
  let place = figure.querySelector(".plot");
  if (!place) {
    place = document.createElement("div");
    place.className = "plot";
    (figure.querySelector("svg") || figure.querySelector("figcaption")).after(place);
  }
  await Plotly.react(place, data, { ...layout, template: form }, forms.config);
  figure.classList.add("drawn");
};

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    near.unobserve(entry.target);
    draw(entry.target).catch(() => entry.target.classList.remove("drawn"));
  }
}, { rootMargin: "200px" });
const watch = (root) => root.querySelectorAll?.("figure[data-chart]").forEach((figure) => near.observe(figure));

watch(document);
document.addEventListener("htmx:load", (event) => watch(event.detail.elt));
const redraw = () => document.querySelectorAll("figure.drawn").forEach((figure) => draw(figure));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
