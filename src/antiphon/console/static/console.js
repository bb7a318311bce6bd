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

/** Put the server's HTML into a part of the page, and leave what the reader has opened open. */
function put(part, html) {
  const open = [...part.querySelectorAll("details")].map((details) => details.open);
  part.innerHTML = html;
  part.querySelectorAll("details").forEach((details, number) => { details.open = open[number] ?? details.open; });
  dress(part);
}

function follow(part) {
  const source = new EventSource(part.dataset.live);
  source.addEventListener("part", (event) => put(part, JSON.parse(event.data)));
  source.addEventListener("over", (event) => {
    source.close();
    put(part, JSON.parse(event.data));
    if (part.dataset.then === "reload") setTimeout(() => location.reload(), 400);
  });
  addEventListener("pagehide", () => source.close());
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

dress(document);
document.querySelectorAll("[data-live]").forEach(follow);
document.addEventListener("submit", (event) => {
  const sure = event.target.dataset?.sure;
  if (sure && !confirm(sure)) event.preventDefault();
  if (event.target.dataset?.rerun) {
    event.preventDefault();
    rerun(event.target);
  }
});
if (document.querySelector("[data-scrub]")) import("./scrub.js");
