// A timeline between two drawings of the server: what goes on grows to its right end, and the rest makes room.

const PLACES = ["x", "width", "x1", "x2"];

function said(seconds) {
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** The places of a drawing as they were drawn, in hundredths of the axis. */
function places(timeline) {
  return [...timeline.querySelectorAll(".plane rect, .plane text, .plane line")].map((mark) => [
    mark,
    PLACES.filter((name) => mark.getAttribute(name)?.endsWith("%")).map((name) => [name, parseFloat(mark.getAttribute(name))]),
  ]);
}

function grow(timeline, marks, drawn, now) {
  for (const [mark, told] of marks) for (const [name, place] of told) mark.setAttribute(name, `${(place * drawn) / now}%`);
  for (const row of timeline.querySelectorAll(".plane g:has(.open)")) {
    const [bar, took] = [[...row.querySelectorAll(".open")].at(-1), row.querySelector(".took")];
    const begun = Math.min(...[...row.querySelectorAll("rect")].map((one) => parseFloat(one.getAttribute("x"))));
    bar.setAttribute("width", `${100 - parseFloat(bar.getAttribute("x"))}%`);
    bar.classList.remove("thin");
    took.setAttribute("x", "100%");
    took.textContent = said(now * (1 - begun / 100));
  }
}

/** Let the timeline in this part of the page grow until the returned function is called. */
export function growing(part) {
  let [last, marks, at, drawn] = [null, [], 0, 0];
  const timer = setInterval(() => {
    const timeline = part.querySelector(".timeline");
    if (!timeline) return;
    if (timeline !== last) [last, marks, at, drawn] = [timeline, places(timeline), performance.now(), Number(timeline.dataset.seconds)];
    const now = drawn + (performance.now() - at) / 1000;
    grow(timeline, marks, drawn, now);
    for (const place of part.querySelectorAll("[data-elapsed]")) place.textContent = said(now);
  }, 250);
  return () => clearInterval(timer);
}
