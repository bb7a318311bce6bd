// The events of a stream on a slider, played again at the speed at which they were sent.

const place = document.querySelector("[data-scrub]");
const told = await (await fetch(place.dataset.scrub)).json();
const events = told.events;

function element(name, shape = {}, ...inside) {
  const made = Object.assign(document.createElement(name), shape);
  made.append(...inside);
  return made;
}

const range = element("input", { type: "range", min: 0, max: Math.max(events.length - 1, 0), value: 0 });
range.setAttribute("aria-label", "Event");
const play = element("button", { type: "button", textContent: "Play" });
const speed = element("select", {}, ...[["1", "1×"], ["4", "4×"], ["0.25", "¼×"]].map(([value, text]) => new Option(text, value)));
speed.setAttribute("aria-label", "Speed");
const where = element("output");
const list = element("ol", { tabIndex: 0 });
list.setAttribute("aria-label", "Events");
const text = element("pre", { tabIndex: 0 });
const json = element("pre", { tabIndex: 0 });
const rows = events.map((event, number) => {
  const row = element("li", {}, element("span", { textContent: `${event.ms} ms` }), event.type.replace(/^response\./, ""));
  row.addEventListener("click", () => show(number));
  return row;
});
list.append(...rows);
let timer = 0;

/** All text that had come by this event. */
function sofar(number) {
  let seen = "";
  for (const event of events.slice(0, number + 1)) if (event.type === "response.output_text.delta") seen += event.data.delta;
  return seen;
}

function show(number) {
  range.value = number;
  for (const row of list.querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
  rows[number]?.setAttribute("aria-current", "true");
  const row = rows[number];
  if (row && (row.offsetTop < list.scrollTop || row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight)) {
    list.scrollTop = row.offsetTop - list.clientHeight / 2;
  }
  where.textContent = events.length ? `${number + 1} of ${events.length}, ${events[number].ms} ms` : "none";
  json.textContent = events.length ? JSON.stringify(events[number].data, null, 2) : "";
  text.textContent = sofar(number) || "(no text yet)";
}

function stop() {
  clearTimeout(timer);
  timer = 0;
  play.textContent = "Play";
}

function step() {
  const now = Number(range.value);
  if (now >= events.length - 1) return stop();
  timer = setTimeout(() => { show(now + 1); step(); }, (events[now + 1].ms - events[now].ms) / Number(speed.value));
}

play.addEventListener("click", () => {
  if (timer) return stop();
  if (Number(range.value) >= events.length - 1) show(0);
  play.textContent = "Pause";
  step();
});
range.addEventListener("input", () => { stop(); show(Number(range.value)); });
list.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  stop();
  show(Math.min(Math.max(Number(range.value) + by, 0), events.length - 1));
});

place.replaceChildren(element("div", { className: "scrub" },
  element("div", { className: "bar-row" }, play, speed, range, where),
  element("div", { className: "two" }, list, json),
  element("div", {}, element("h3", { textContent: "Text so far" }), text)));
if (!told.whole) place.append(element("p", { className: "dim small", textContent: "Only the beginning of this stream was kept." }));
show(Math.max(events.length - 1, 0));
