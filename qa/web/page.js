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
  const box = frame.getBoundingClientRect();
  const visible = Math.min(box.bottom, window.innerHeight) - Math.max(box.top, 0);
  if (visible < 0.4 * Math.min(box.height, window.innerHeight)) frame.scrollIntoView({ block: "start" });
  if (quote) frame.scrollTop += quote.getBoundingClientRect().top - frame.getBoundingClientRect().top - frame.clientHeight / 3;
  const text = pane.querySelector(".cw-text");
  if (text) text.focus({ preventScroll: true });
});

// Ask: the card beside a mark, copying, saving, what a screen reader is told, and a question that comes by address.
(() => {
  let card, shownFor, leaving;

  // The card holds text alone: whatever an article says of itself is never markup.
  const show = (mark) => {
    clearTimeout(leaving);
    if (mark === shownFor) return;
    hide();
    card = card || document.body.appendChild(Object.assign(document.createElement("div"), { id: "cw-card", role: "tooltip" }));
    card.replaceChildren();
    const line = (name, text) => {
      if (!text) return;
      card.appendChild(Object.assign(document.createElement("p"), { className: `cw-card-${name}`, textContent: text }));
    };
    const { quote, speaker, title, outlet, date, support } = mark.dataset;
    line("quote", `“${quote}”`);
    line("speaker", speaker);
    line("title", title);
    line("about", [outlet, date].filter(Boolean).join(" · "));
    line("support", support);
    card.className = `cw ${["strong", "fair", "weak"].find((one) => mark.classList.contains(`cw-${one}`)) || ""}`;
    card.hidden = false;
    const at = mark.getBoundingClientRect(), size = card.getBoundingClientRect();
    const below = at.bottom + 6 + size.height <= window.innerHeight || at.top < size.height + 6;
    card.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - size.width - 8))}px`;
    card.style.top = `${below ? at.bottom + 6 : at.top - size.height - 6}px`;
    mark.setAttribute("aria-describedby", "cw-card");
    shownFor = mark;
  };
  const hide = () => {
    if (shownFor) shownFor.removeAttribute("aria-describedby");
    shownFor = undefined;
    if (card) card.hidden = true;
  };
  const markOf = (event) => event.target.closest && event.target.closest("a.cw-cite[data-quote]");
  document.addEventListener("mouseover", (event) => {
    const mark = markOf(event);
    if (mark) show(mark);
    else if (card && card.contains(event.target)) clearTimeout(leaving);
  });
  document.addEventListener("mouseout", (event) => {
    if (markOf(event) || (card && card.contains(event.target))) leaving = setTimeout(hide, 250);
  });
  document.addEventListener("focusin", (event) => (markOf(event) ? show(markOf(event)) : hide()));
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", (event) => event.target !== card && hide(), true);
  document.addEventListener("click", (event) => {
    hide();
    // These two go away when they are used: whoever pressed them by keyboard goes on at the question.
    const gone = event.target.closest && event.target.closest("#cw-stop, #cw-undo");
    if (gone) document.querySelector("#cw-question textarea")?.focus();
  });

  // Told one by one: the pane is made anew with each sentence, and would be read from its beginning each time.
  const live = Object.assign(document.createElement("div"), { className: "cw-unseen" });
  live.setAttribute("aria-live", "polite");
  const say = (text) => live.appendChild(Object.assign(document.createElement("p"), { textContent: text }));
  let told = 0;
  const tell = (pane) => {
    if (shownFor && !shownFor.isConnected) hide();
    const sentences = [...pane.querySelectorAll(".cw-told")].map((one) => one.textContent);
    if (sentences.length < told || !sentences.length) [told, live.textContent] = [0, ""];
    sentences.slice(told).forEach(say);
    told = sentences.length;
    const message = pane.querySelector(".cw-message, .cw-stopped, [role=alert]");
    if (message && live.lastChild?.textContent !== message.textContent) say(message.textContent);
  };

  // Both forms go to the clipboard; where a page may not write to it by itself, it copies as a person would.
  const copy = async (text, html) => {
    try {
      const parts = { "text/plain": text, "text/html": html };
      const blobs = Object.entries(parts).map(([type, part]) => [type, new Blob([part], { type })]);
      await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
      return true;
    } catch {
      const give = (event) => {
        event.preventDefault();
        event.clipboardData.setData("text/plain", text);
        event.clipboardData.setData("text/html", html);
      };
      document.addEventListener("copy", give, { once: true });
      const done = document.execCommand("copy");
      document.removeEventListener("copy", give);
      return done;
    }
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest("button.cw-copy");
    if (!button) return;
    const words = (await copy(button.dataset.text, button.dataset.html)) ? "Copied" : "This browser does not let pages copy";
    button.textContent = words;
    say(words);
    setTimeout(() => (button.textContent = "Copy with footnotes"), 2500);
  });

  window.citewireSave = (file) => {
    const { name, type, text } = JSON.parse(file);
    const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    Object.assign(document.createElement("a"), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };

  const address = new URL(window.location);
  let asked = (address.searchParams.get("ask") || "").slice(0, 1000);
  const watch = new MutationObserver(() => {
    const field = asked && document.querySelector("#cw-question textarea, #cw-question input");
    if (field) {
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, asked);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      asked = "";
      address.searchParams.delete("ask");
      window.history.replaceState(null, "", address);
    }
    const pane = document.querySelector("#cw-answer-pane"), head = document.querySelector("#cw-asked-pane");
    if (!pane || !head || pane.dataset.told) return;
    pane.dataset.told = "yes";
    document.body.appendChild(live);
    new MutationObserver(() => {
      const { top } = head.getBoundingClientRect();
      if (head.querySelector("h2") && (top < 0 || top > window.innerHeight * 0.7)) head.scrollIntoView({ block: "start" });
    }).observe(head, { childList: true, subtree: true });
    new MutationObserver(() => tell(pane)).observe(pane, { childList: true, subtree: true });
  });
  watch.observe(document.documentElement, { childList: true, subtree: true });
})();

// Evaluate: how far it is, told at its quarters and at its end; whoever cancels by keyboard goes on at the start.
// A failing case is asked again on this very page, whose conversation would be lost by opening another.
(() => {
  const live = Object.assign(document.createElement("div"), { className: "cw-unseen" });
  live.setAttribute("aria-live", "polite");
  let watched;
  new MutationObserver(() => {
    const pane = document.querySelector("#cw-eval-progress");
    if (!pane || pane === watched) return;
    watched = pane;
    document.body.appendChild(live);
    new MutationObserver(() => {
      const words = pane.querySelector("[data-tell]")?.dataset.tell;
      if (words && words !== live.textContent) live.textContent = words;
    }).observe(pane, { childList: true, subtree: true, attributes: true });
  }).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    if (!event.target.closest) return;
    if (event.target.closest("#cw-eval-cancel")) document.querySelector("#cw-eval-start")?.focus();
    const again = event.target.closest("a.cw-again"), tab = document.querySelector("[role=tab]");
    const field = document.querySelector("#cw-question textarea, #cw-question input");
    if (!again || !tab || !field || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    tab.click();
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, new URL(again.href).searchParams.get("ask"));
    field.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => requestAnimationFrame(() => field.focus()));
  });
})();

// Library: what is said of each change, and where the keyboard goes on when what was pressed is no longer there.
(() => {
  const live = Object.assign(document.createElement("div"), { className: "cw-unseen" });
  live.setAttribute("aria-live", "polite");
  const told = new WeakMap();
  const tell = (library) => {
    if (!live.isConnected) document.body.appendChild(live);
    const panes = library.querySelectorAll("#cw-said, #cw-articles, #cw-health, [id$=-report]");
    for (const pane of panes) {
      const text = [...pane.querySelectorAll("[data-say], .cw-error")].map((one) => one.textContent.trim()).filter(Boolean).join(" ");
      if (told.get(pane) === text) continue;
      const first = !told.has(pane);
      told.set(pane, text);
      if (!text || (first && pane.id === "cw-articles")) continue;
      live.appendChild(Object.assign(document.createElement("p"), { textContent: text }));
      if (live.childElementCount > 6) live.firstElementChild.remove();
    }
  };

  const soon = (find) => {
    const until = performance.now() + 4000;
    const look = () => {
      const found = find();
      if (found) found.focus();
      else if (performance.now() < until) requestAnimationFrame(look);
    };
    look();
  };
  const seen = (selector) => () => [...document.querySelectorAll(selector)].find((one) => one.offsetParent !== null);
  let edited;
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest && event.target.closest("#cw-library button");
    if (!pressed) return;
    const { act, key } = pressed.dataset;
    // What is shown anew keeps its elements: the button that was pressed may now be that of the next article.
    const gone = () => !pressed.isConnected || pressed.dataset.key !== key;
    if (act === "edit") {
      edited = key;
      soon(seen("#cw-editor input, #cw-editor textarea"));
    } else if (act === "delete") soon(() => gone() && seen("#cw-library-undo")());
    else if (act === "page") soon(() => gone() && seen("#cw-articles tbody a")());
    else if (act === "unwatch") soon(() => gone() && seen("#cw-feed input, #cw-feed textarea")());
    else if (pressed.id === "cw-library-undo") soon(() => pressed.offsetParent === null && seen("#cw-find input, #cw-find textarea")());
  });

  let library, waiting;
  new MutationObserver(() => {
    const found = document.querySelector("#cw-library");
    if (!found || found === library) return;
    library = found;
    new MutationObserver(() => {
      clearTimeout(waiting);
      waiting = setTimeout(() => tell(library), 150);
      // The fields are put away once what was written is saved or given up: on at the button they were opened with.
      const editor = library.querySelector("#cw-editor");
      if (edited && editor && editor.offsetParent !== null) library.dataset.editing = edited;
      else if (library.dataset.editing) {
        const key = library.dataset.editing;
        delete library.dataset.editing;
        edited = undefined;
        if (document.activeElement === document.body) soon(seen(`#cw-articles button[data-act=edit][data-key="${CSS.escape(key)}"]`));
      }
    }).observe(library, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["class", "style", "hidden"] });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
