// Fetches the page again and swaps the parts marked data-live, unless somebody is using one.
const busy = (part) => {
  const chosen = document.getSelection();
  return part.contains(document.activeElement) || (chosen && !chosen.isCollapsed && part.contains(chosen.anchorNode));
};

const refresh = async (parts) => {
  if (document.hidden) return;
  let answer;
  try {
    answer = await fetch(location.href, { headers: { "X-Live": "1" } });
  } catch {
    return;
  }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of parts) {
    const old = document.getElementById(id);
    const next = fresh.getElementById(id);
    if (!old || !next || busy(old) || old.innerHTML === next.innerHTML) continue;
    const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 40;
    old.replaceWith(next);
    if (next.dataset.follow !== undefined && atEnd) window.scrollTo(0, document.body.scrollHeight);
  }
};

const live = [...document.querySelectorAll("[data-live]")];
if (live.length) {
  const ids = live.map((part) => part.id);
  const seconds = Math.min(...live.map((part) => Number(part.dataset.live)));
  setInterval(() => refresh(ids), seconds * 1000);
}
