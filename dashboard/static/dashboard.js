// Keeps an open page true: it looks again while something moves, and adds lines to a log as they come.
// Everything can be read without it.
"use strict";

const LINES_KEPT = 10_000; // in the page; the rest is in the raw log
const PAUSE = 5_000; // milliseconds, before a broken stream is asked for again

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const visible = () =>
  new Promise((resolve) => {
    if (!document.hidden) return resolve();
    document.addEventListener("visibilitychange", () => resolve(visible()), { once: true });
  });

async function currentPage() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// Puts a part of the page as it is now in the place of the one that is shown, if they differ.
function renew(selector, page) {
  const shown = document.querySelector(selector);
  const current = page.querySelector(selector);
  if (!shown || !current) return;
  for (const details of shown.querySelectorAll("details[open]")) {
    const same = [...current.querySelectorAll("details")].find(
      (other) => other.firstChild.textContent === details.firstChild.textContent,
    );
    if (same) same.open = true;
  }
  if (!shown.isEqualNode(current)) shown.replaceWith(document.adoptNode(current));
}

async function keepTrue() {
  for (;;) {
    const seconds = Number(document.querySelector("main").dataset.refresh);
    if (!seconds) return;
    await pause(seconds * 1000);
    await visible();
    try {
      const page = await currentPage();
      document.title = page.title;
      renew("main", page);
    } catch {
      // The server is away for a moment; the next look will tell.
    }
  }
}

function follow(log) {
  const state = document.querySelector("#stream-state");
  const address = new URL(log.dataset.stream, location.href);
  let source;

  const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 40;

  function add(event) {
    const wasAtEnd = atEnd();
    log.insertAdjacentHTML("beforeend", event.data);
    while (log.childElementCount > LINES_KEPT) {
      log.firstElementChild.remove();
      document.querySelector("#earlier").hidden = false;
    }
    address.searchParams.set("after", event.lastEventId);
    if (wasAtEnd) scrollTo({ top: document.documentElement.scrollHeight });
  }

  async function end() {
    source.close();
    state.textContent = "";
    const page = await currentPage();
    document.title = page.title;
    renew("#facts", page);
    renew("#ending", page);
  }

  function connect() {
    source = new EventSource(address);
    source.addEventListener("open", () => (state.textContent = "New lines appear here as they are printed."));
    source.addEventListener("lines", add);
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      state.textContent = "The connection is lost; trying again…";
      if (source.readyState === EventSource.CLOSED) pause(PAUSE).then(connect);
    });
  }

  connect();
}

const log = document.querySelector("[data-stream]");
if (log) follow(log);
keepTrue();
