// Keeps the page as fresh as the report: fetches it every two seconds and puts the new <main> in place of the old one.
// What the reader did stays: open and closed details, focus, scroll position, a selection. Also the kill switch.
"use strict";

const feed = document.getElementById("feed");
const pauseButton = document.getElementById("pause");
const mirroringButton = document.getElementById("mirroring");
const mirroringUrl = "/api/v1/mirroring";
let paused = false;
let shownMarkup = null;

// Deadline of every request, so that a server that hangs is seen as lost.
const fetchSoon = (url, options = {}) =>
  fetch(url, { cache: "no-store", signal: AbortSignal.timeout(10000), ...options });

// Where an element without an id is: its nearest named ancestor and its place among the same tags in it.
function pathOf(element) {
  const named = element.closest("[id]");
  if (!named) return null;
  if (named === element) return { id: named.id };
  const tag = element.tagName;
  return { id: named.id, tag, index: [...named.getElementsByTagName(tag)].indexOf(element) };
}

function elementAt(path) {
  const named = path && document.getElementById(path.id);
  return named && path.tag ? named.getElementsByTagName(path.tag)[path.index] : named;
}

function isSelecting() {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && document.querySelector("main").contains(selection.anchorNode);
}

function swap(markup) {
  const next = new DOMParser().parseFromString(markup, "text/html").querySelector("main");
  if (!next) throw new Error("not a report");
  const main = document.querySelector("main");
  if (shownMarkup === next.innerHTML) return;
  shownMarkup = next.innerHTML;

  const details = [...main.querySelectorAll("details")].map((each) => [pathOf(each), each.open]);
  const scrolled = [...main.querySelectorAll("pre, .scroll")]
    .filter((each) => each.scrollTop || each.scrollLeft)
    .map((each) => [pathOf(each), each.scrollTop, each.scrollLeft]);
  const focus = main.contains(document.activeElement) ? pathOf(document.activeElement) : null;
  const top = window.scrollY;

  main.replaceWith(document.adoptNode(next));
  for (const [path, open] of details) {
    const again = elementAt(path);
    if (again) again.open = open;
  }
  for (const [path, y, x] of scrolled) elementAt(path)?.scrollTo(x, y);
  if (focus) elementAt(focus)?.focus({ preventScroll: true });
  window.scrollTo(window.scrollX, top);
}

function say(text, lost = false) {
  feed.textContent = text;
  feed.classList.toggle("lost", lost);
}

async function refresh() {
  if (!paused && !document.hidden && !isSelecting()) {
    try {
      const answer = await fetchSoon(location.pathname);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const markup = await answer.text();
      if (!paused) {
        swap(markup);
        say(`live, ${new Date().toLocaleTimeString()}`);
      }
    } catch (error) {
      say("truemirror does not answer; trying again", true);
    }
    await readMirroring();
  }
  setTimeout(refresh, 2000);
}

function showMirroring(enabled) {
  mirroringButton.disabled = false;
  mirroringButton.dataset.enabled = String(enabled);
  mirroringButton.classList.toggle("on", enabled);
  mirroringButton.textContent = enabled ? "Stop mirroring" : "Mirroring is off: start again";
}

async function readMirroring() {
  try {
    const answer = await fetchSoon(mirroringUrl);
    if (answer.ok) showMirroring((await answer.json()).enabled);
  } catch {
    mirroringButton.disabled = true;
  }
}

mirroringButton.addEventListener("click", async () => {
  const enabled = mirroringButton.dataset.enabled !== "true";
  mirroringButton.disabled = true;
  try {
    const answer = await fetchSoon(mirroringUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ enabled }),
    });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
  } catch (error) {
    say(`mirroring was not changed: ${error.message}`, true);
  }
  await readMirroring();
});

pauseButton.addEventListener("click", () => {
  paused = !paused;
  pauseButton.setAttribute("aria-pressed", String(paused));
  pauseButton.textContent = paused ? "Go on" : "Pause";
  if (paused) say("paused");
});

readMirroring();
setTimeout(refresh, 2000);
