// Images and files for the next message: chosen, dropped anywhere on the page, or pasted.

const shown = document.getElementById("attached");
const files = document.getElementById("files");
const kept = new Map();

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

async function add(file) {
  const data = await read(file);
  const image = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
  const row = document.createElement("li");
  if (image) row.append(Object.assign(new Image(), { src: URL.createObjectURL(file), alt: "" }));
  row.append(file.name, " ");
  const off = Object.assign(document.createElement("button"), { type: "button", textContent: "×", className: "quiet" });
  off.setAttribute("aria-label", `Remove ${file.name}`);
  off.addEventListener("click", () => { kept.delete(row); row.remove(); });
  row.append(off);
  kept.set(row, image ? { type: "input_image", image_url: data, detail: "auto" } : { type: "input_file", filename: file.name, file_data: data });
  shown.append(row);
}

/** The parts of a message that are attached now. */
export function attachments() {
  return [...kept.values()];
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
