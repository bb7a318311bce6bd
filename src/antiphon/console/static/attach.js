// Images and files for the next message: chosen, dropped anywhere on the page, or pasted. An image travels in the message, a
// file goes to /v1/files first and is named by its id.

import { upload } from "./uploads.js";

const shown = document.getElementById("attached");
const files = document.getElementById("files");
const FILES = `${document.querySelector(".play").dataset.base}/v1/files`;
const kept = new Map();
const names = new Map();

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

async function sent(file, row, signal) {
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", `Upload of ${file.name}`);
  bar.value = 0;
  row.append(bar);
  const made = await upload(FILES, file, "user_data", (share) => { bar.value = share; }, signal);
  bar.remove();
  names.set(made.id, file.name);
  return { type: "input_file", file_id: made.id };
}

function add(file) {
  const image = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
  const row = document.createElement("li");
  const taken = new AbortController();
  if (image) row.append(Object.assign(new Image(), { src: URL.createObjectURL(file), alt: "" }));
  row.append(Object.assign(document.createElement("span"), { textContent: file.name }));
  const off = Object.assign(document.createElement("button"), { type: "button", textContent: "×", className: "quiet" });
  off.setAttribute("aria-label", `Remove ${file.name}`);
  off.addEventListener("click", () => { kept.delete(row); row.remove(); taken.abort(); });
  row.append(off);
  shown.append(row);
  const one = { part: null, ready: null };
  kept.set(row, one);
  const part = image ? read(file).then((url) => ({ type: "input_image", image_url: url, detail: "auto" })) : sent(file, row, taken.signal);
  one.ready = part.then((made) => { one.part = made; shown.dispatchEvent(new Event("change", { bubbles: true })); return made; });
  one.ready.catch((fault) => {
    row.classList.add("failed");
    row.querySelector("progress")?.remove();
    off.before(Object.assign(document.createElement("span"), { className: "bad", textContent: fault.message }));
  });
}

/** The parts of a message that are there now. */
export function attached() {
  return [...kept.values()].map((one) => one.part).filter(Boolean);
}

/** All parts of the message, once every file is there. Throws what is wrong with one. */
export async function attachments() {
  return Promise.all([...kept.values()].map((one) => one.ready));
}

/** What a part is called where it is shown. */
export function named(part) {
  return part.text ?? `[${part.filename ?? names.get(part.file_id) ?? part.type}]`;
}

export const chips = {
  clear() {
    kept.clear();
    shown.replaceChildren();
  },
};

/** Take what is chosen, dropped or pasted. */
export function listen() {
  document.getElementById("attach").addEventListener("click", () => files.click());
  files.addEventListener("change", () => { [...files.files].forEach(add); files.value = ""; });
  document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
  document.addEventListener("dragleave", () => document.body.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    [...event.dataTransfer.files].forEach(add);
  });
  document.addEventListener("paste", (event) => [...event.clipboardData.files].forEach(add));
}
