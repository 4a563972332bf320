// A mark opens its article beside the answer, at the quoted words. Without this script it is an ordinary link.
document.addEventListener("click", async (event) => {
  const mark = event.target.closest && event.target.closest("a.cw-cite");
  if (!mark || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  const frame = [...document.querySelectorAll("#cw-article, #cw-source")].find((one) => one.offsetParent !== null);
  const pane = frame && frame.querySelector(".cw-pane");
  if (!pane) return;
  event.preventDefault();
  const address = new URL(mark.href);
  address.pathname += "/fragment";
  const reply = await fetch(address, { headers: { Accept: "text/html" } });
  pane.innerHTML = await reply.text();
  document.querySelectorAll("a.cw-cite[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
  mark.setAttribute("aria-current", "true");
  const quote = pane.querySelector("#quote");
  if (frame.getBoundingClientRect().top > window.innerHeight * 0.6) frame.scrollIntoView({ block: "start" });
  if (quote) frame.scrollTop += quote.getBoundingClientRect().top - frame.getBoundingClientRect().top - frame.clientHeight / 3;
  const text = pane.querySelector(".cw-text");
  if (text) text.focus({ preventScroll: true });
});
