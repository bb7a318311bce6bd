// A long list that grows as it is scrolled through, and holds no more of itself than what is near the screen: of a leaf that is
// far, only its height stays. Without this, the link at its end leads to the next page.

import { dress } from "./console.js";

const place = document.querySelector(".leaves");
const NEAR = { root: place, rootMargin: "1500px 0px" };
const away = new Map();

function leave(leaf) {
  if (away.has(leaf) || leaf.contains(document.activeElement)) return;
  leaf.style.height = `${leaf.offsetHeight}px`;
  away.set(leaf, leaf.innerHTML);
  leaf.replaceChildren();
}

function come(leaf) {
  if (!away.has(leaf)) return;
  leaf.innerHTML = away.get(leaf);
  away.delete(leaf);
  leaf.style.height = "";
  dress(leaf);
}

const leaves = new IntersectionObserver((seen) => {
  for (const one of seen) (one.isIntersecting ? come : leave)(one.target);
}, NEAR);

async function grow(link) {
  const paragraph = link.closest(".further");
  const answer = await fetch(link.dataset.further);
  if (!answer.ok) return;
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  dress(made.content);
  const [leaf, next] = [made.content.querySelector(".leaf"), made.content.querySelector("[data-further]")];
  paragraph.replaceWith(made.content);
  leaves.observe(leaf);
  if (next) ends.observe(next);
}

const ends = new IntersectionObserver((seen) => {
  for (const one of seen) {
    if (!one.isIntersecting) continue;
    ends.unobserve(one.target);
    // Where the server can't be reached, the link still stands there.
    grow(one.target).catch(() => {});
  }
}, NEAR);

place.querySelectorAll(".leaf").forEach((leaf) => leaves.observe(leaf));
place.querySelectorAll("[data-further]").forEach((link) => ends.observe(link));
