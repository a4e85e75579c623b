// Keeps an open page true: it looks again while something moves, and adds lines to a log as they come.
// Everything can be read without it.
"use strict";

const LINES_KEPT = 10_000; // in the page; the rest is in the plain text
const PAUSE = 5_000; // milliseconds, before a stream that was refused is asked for again

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function visible() {
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
  }
}

// The page as it is now; null while the server is away or in trouble, which is then said.
async function currentPage() {
  const response = await fetch(location.href).catch(() => null);
  const answered = response !== null && response.status < 500;
  document.querySelector("#connection").hidden = answered;
  if (!answered) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// Puts a part of the current page in the place of the one that is shown, as the reader has opened it.
function renew(selector, page) {
  const shown = document.querySelector(selector);
  const current = document.adoptNode(page.querySelector(selector));
  for (const details of shown.querySelectorAll("details[open]")) {
    const name = details.querySelector("summary").textContent;
    for (const other of current.querySelectorAll("details")) {
      if (other.querySelector("summary").textContent === name) other.open = true;
    }
  }
  if (shown.isEqualNode(current)) return;
  const scrolled = shown.querySelector(".wide")?.scrollLeft ?? 0;
  shown.replaceWith(current);
  current.querySelector(".wide")?.scrollTo({ left: scrolled });
}

async function keepTrue() {
  for (;;) {
    const log = document.querySelector("[data-stream]");
    if (log) follow(log);
    const seconds = Number(document.querySelector("main").dataset.refresh);
    if (!seconds) return;
    await pause(seconds * 1000);
    await visible();
    const page = await currentPage();
    if (page) {
      document.title = page.title;
      renew("main", page);
    }
  }
}

function follow(log) {
  const state = document.querySelector("#stream-state");
  const address = new URL(log.dataset.stream, location.href);
  let source;

  function add(event) {
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 40;
    log.insertAdjacentHTML("beforeend", event.data);
    while (log.childElementCount > LINES_KEPT) {
      log.firstElementChild.remove();
      document.querySelector("#earlier").hidden = false;
    }
    address.searchParams.set("after", event.lastEventId);
    if (atEnd) scrollTo({ top: document.documentElement.scrollHeight });
  }

  async function end() {
    source.close();
    state.textContent = "";
    const page = await currentPage();
    if (page) {
      document.title = page.title;
      renew("#facts", page);
      renew("#ending", page);
    }
  }

  function connect() {
    source = new EventSource(address);
    source.addEventListener("open", () => {
      state.textContent = "New lines appear here as they are printed.";
    });
    source.addEventListener("lines", add);
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      state.textContent = "The connection is lost; trying again…";
      if (source.readyState === EventSource.CLOSED) pause(PAUSE).then(connect);
    });
  }

  connect();
}

keepTrue();
