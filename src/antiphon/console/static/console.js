// What every page does beyond its HTML: local times, copying, asking before a deletion, parts that follow the server.

const said = document.getElementById("said");
let hide = 0;

/** Tell the reader something in passing. */
export function tell(text) {
  said.textContent = text;
  said.classList.add("shown");
  clearTimeout(hide);
  hide = setTimeout(() => said.classList.remove("shown"), 2500);
}

/** Show moments in the reader's own time zone, and give each block of code a button that copies it. */
export function dress(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const today = moment.toDateString() === new Date().toDateString();
    time.textContent = today ? moment.toLocaleTimeString() : moment.toLocaleString();
  }
  for (const code of root.querySelectorAll("pre.code:not([data-copied])")) {
    code.dataset.copied = "";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      tell("Copied");
    });
    code.before(button);
  }
}

const named = (place) => place.getAttribute("href") ?? place.getAttribute("aria-labelledby");

/** Put the server's HTML into a part of the page; what the reader has opened stays open, and the focus where it was. */
function put(part, html) {
  const focused = part.contains(document.activeElement) ? named(document.activeElement) : null;
  const open = [...part.querySelectorAll("details")].map((details) => details.open);
  part.innerHTML = html;
  part.querySelectorAll("details").forEach((details, number) => { details.open = open[number] ?? details.open; });
  dress(part);
  if (focused) [...part.querySelectorAll("a, [tabindex]")].find((place) => named(place) === focused)?.focus({ preventScroll: true });
}

function follow(part) {
  const source = new EventSource(part.dataset.live);
  source.addEventListener("part", (event) => put(part, JSON.parse(event.data)));
  addEventListener("pagehide", () => source.close());
}

/** Count on how long something takes, or how long ago it was, from what the server wrote. */
async function age() {
  const { said } = await import("./duration.js");
  const begun = new WeakMap();
  setInterval(() => {
    for (const place of document.querySelectorAll("[data-age]")) {
      if (!begun.has(place)) begun.set(place, performance.now() - 1000 * place.dataset.age);
      place.textContent = said(performance.now() - begun.get(place));
    }
  }, 1000);
}

/** Ask the same of another model, over the API, and go to where the two answers are compared. */
async function rerun(form) {
  const model = new FormData(form).get("model");
  const button = form.querySelector("button");
  button.disabled = true;
  button.textContent = "Asking…";
  try {
    const request = await (await fetch(`${form.dataset.rerun}/request.json`)).json();
    const { post } = await import("./api.js");
    const answer = await post({ ...request, model, stream: false, store: true });
    location.href = `${form.dataset.rerun}/compare/${answer.id}`;
  } catch (fault) {
    tell(fault.message);
    button.disabled = false;
    button.textContent = "Rerun";
  }
}

const token = () => document.querySelector("meta[name=csrf]").content;

/** What an answer of the API says is wrong; nothing for one that is good. */
async function wrong(answer) {
  if (answer.ok) return null;
  const told = await answer.json().catch(() => ({}));
  return told.error?.message ?? `The server said ${answer.status}.`;
}

/** Send a form to the API as JSON, then go on: to what was made, to a page, or to this one again. */
async function sendOff(form) {
  const method = form.dataset.method ?? "POST";
  const headers = { "x-csrf-token": token(), "content-type": "application/json" };
  const body = method === "POST" ? JSON.stringify(Object.fromEntries(new FormData(form))) : undefined;
  const answer = await fetch(form.dataset.send, { method, headers, body });
  const fault = await wrong(answer);
  if (fault) return tell(fault);
  const go = form.dataset.go;
  if (!go) location.reload();
  else location.href = go.endsWith("/") ? go + (await answer.json()).id : go;
}

/** Upload the files of a form one after the other, and show how far that is. */
async function uploadAll(form) {
  const files = [...form.elements.file.files];
  const bar = form.querySelector("progress");
  bar.hidden = false;
  const { upload } = await import("./uploads.js");
  for (const [number, file] of files.entries()) {
    try {
      await upload(form.dataset.upload, file, "assistants", (share) => { bar.value = (number + share) / files.length; });
    } catch (fault) {
      return tell(`${file.name}: ${fault.message}`);
    }
  }
  location.reload();
}

/** Look again after a while at a part of the page that is still changing. */
function refresh(part) {
  setTimeout(async () => {
    const html = await (await fetch(location.href)).text();
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(part.id);
    if (!fresh) return;
    part.replaceWith(fresh);
    dress(fresh);
    if (fresh.dataset.refresh) refresh(fresh);
  }, Number(part.dataset.refresh));
}

dress(document);
// On a narrow screen the menu is wider than the page.
const menu = document.querySelector(".top nav");
const here = menu?.querySelector("[aria-current]");
if (here) menu.scrollLeft = here.offsetLeft - menu.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
document.querySelectorAll("[data-refresh]").forEach(refresh);
document.querySelectorAll("[data-live]").forEach(follow);
if (document.querySelector("[data-live]")) age();
document.querySelectorAll("[data-grows]").forEach((part) => import("./growing.js").then((growing) => growing.follow(part)));
document.addEventListener("submit", (event) => {
  const sure = event.target.dataset?.sure;
  if (sure && !confirm(sure)) return event.preventDefault();
  const away = event.target.dataset?.send ? sendOff : event.target.dataset?.upload ? uploadAll : null;
  if (away) {
    event.preventDefault();
    away(event.target);
  }
  if (event.target.dataset?.rerun) {
    event.preventDefault();
    rerun(event.target);
  }
});
if (document.querySelector("[data-scrub]")) import("./scrub.js");
if (document.querySelector("[data-further]")) import("./leaves.js");
