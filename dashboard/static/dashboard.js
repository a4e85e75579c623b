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

const summary = (details) => details.querySelector("summary").textContent;

// Makes a part of the shown page what it is in the current one, except that the reader has opened it.
function renew(selector, page) {
  const shown = document.querySelector(selector);
  const current = document.adoptNode(page.querySelector(selector));
  const opened = new Map([...shown.querySelectorAll("details")].map((each) => [summary(each), each.open]));
  for (const details of current.querySelectorAll("details")) {
    details.open = opened.get(summary(details)) ?? details.open;
  }
  const scrolled = shown.querySelector(".wide")?.scrollLeft;
  patch(shown, current);
  document.querySelector(".wide")?.scrollTo({ left: scrolled });
}

// Leaves alone what is the same: text that is selected, a link that has the focus.
function patch(shown, current) {
  if (shown.isEqualNode(current)) return;
  const count = current.childNodes.length;
  if (shown.nodeName !== current.nodeName || count === 0 || shown.childNodes.length !== count) {
    shown.replaceWith(current);
    return;
  }
  for (const { name } of [...shown.attributes]) {
    if (!current.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of current.attributes) shown.setAttribute(name, value);
  const others = [...current.childNodes];
  [...shown.childNodes].forEach((child, place) => patch(child, others[place]));
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
