"use strict";

// A link leads into closed parts of the page: open what holds its target, then mark the words it means.
function follow() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  document.querySelectorAll("mark.here").forEach((mark) => mark.classList.remove("here"));
  if (!target) return;
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  const place = /^a\d+-(\d+)-(\d+)$/.exec(id);
  if (place) {
    const [start, end] = [Number(place[1]), Number(place[2])];
    for (const mark of target.parentElement.querySelectorAll("mark")) {
      const at = Number(mark.dataset.at);
      if (start <= at && at < end) mark.classList.add("here");
    }
  }
  target.scrollIntoView();
}

function filter(list) {
  const form = list.querySelector("form");
  const cases = [...list.querySelectorAll("li.case")].map((item) => ({ item, text: item.textContent.toLowerCase() }));
  const count = list.querySelector(".count");
  const button = form.querySelector("button");
  const whole = count.textContent;

  function show() {
    const wanted = form.elements;
    const words = wanted.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { item, text } of cases) {
      const fits =
        (!wanted.kind.value || item.dataset.kind === wanted.kind.value) &&
        (!wanted.fault.value || item.dataset.fault === wanted.fault.value) &&
        words.every((word) => text.includes(word));
      item.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown === cases.length ? whole : `${shown} of ${whole}`;
  }

  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    for (const { item } of cases) if (!item.hidden) item.querySelector("details").open = open;
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? "Close all shown" : "Open all shown";
  });
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
}

document.querySelectorAll(".filtered").forEach(filter);
addEventListener("hashchange", follow);
// The address does not change where the same link is followed twice.
addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (link && link.getAttribute("href") === location.hash) follow();
});
follow();
