// The settings of the playground as members of a request, and the other way round.

import { allowed, list as listTools } from "./offered.js";

const NUMBERS = ["temperature", "top_p", "presence_penalty", "frequency_penalty", "max_output_tokens", "top_logprobs", "max_tool_calls"];
const WORDS = ["instructions", "truncation", "service_tier", "user", "safety_identifier", "prompt_cache_key"];
const list = document.getElementById("tool-list");

/** Add a tool to the form; `told` fills it. */
export function add(kind, told = {}) {
  const made = document.getElementById(`${kind}-tool`).content.cloneNode(true).firstElementChild;
  for (const field of made.querySelectorAll("[data-name]")) {
    const value = told[field.dataset.name];
    if (field.dataset.name === "require_approval" && value && typeof value === "object") field.value = "reading";
    else if (value !== undefined && value !== null) field.value = typeof value === "string" ? value : JSON.stringify(value, null, 1);
  }
  const only = told.allowed_tools?.tool_names ?? told.allowed_tools;
  if (kind === "mcp" && Array.isArray(only)) made.dataset.allowed = JSON.stringify(only);
  list.append(made);
  return made;
}

function json(text, what) {
  try {
    return JSON.parse(text);
  } catch (fault) {
    throw new Error(`${what} isn't JSON: ${fault.message}`);
  }
}

function tools(form) {
  const made = [...list.querySelectorAll(".tool")].map((fieldset) => {
    const tool = { type: fieldset.dataset.kind };
    for (const field of fieldset.querySelectorAll("[data-name]")) if (field.value.trim()) tool[field.dataset.name] = field.value.trim();
    if (tool.require_approval === "reading") tool.require_approval = { never: { read_only: true } };
    if (tool.type === "mcp" && allowed(fieldset)) tool.allowed_tools = allowed(fieldset);
    if (tool.parameters) tool.parameters = json(tool.parameters, `The schema of ${tool.name}`);
    return tool;
  });
  for (const box of form.querySelectorAll("[name=hosted]:checked")) {
    made.push(box.value === "code_interpreter" ? { type: box.value, container: { type: "auto" } } : { type: box.value });
  }
  const stores = form.elements.vector_stores?.value.split(/[\s,]+/).filter(Boolean) ?? [];
  if (stores.length) made.push({ type: "file_search", vector_store_ids: stores });
  return made;
}

/** The request that the form describes, without its input. Throws what is wrong with it. */
export function request(form) {
  const said = { model: form.elements.model.value.trim() };
  for (const name of WORDS) if (form.elements[name].value.trim()) said[name] = form.elements[name].value.trim();
  for (const name of NUMBERS) if (form.elements[name].value !== "") said[name] = Number(form.elements[name].value);
  const found = tools(form);
  if (found.length) said.tools = found;
  const text = {};
  const format = form.elements.format.value;
  if (format === "json_object") text.format = { type: format };
  if (format === "json_schema") {
    const name = form.elements.schema_name.value.trim() || "answer";
    text.format = { type: format, name, strict: form.elements.strict.checked, schema: json(form.elements.schema.value, "The schema") };
  }
  if (form.elements.verbosity.value) text.verbosity = form.elements.verbosity.value;
  if (Object.keys(text).length) said.text = text;
  const reasoning = {};
  if (form.elements.effort.value) reasoning.effort = form.elements.effort.value;
  if (form.elements.summary.value) reasoning.summary = form.elements.summary.value;
  if (Object.keys(reasoning).length) said.reasoning = reasoning;
  const choice = form.elements.tool_choice.value;
  if (choice) said.tool_choice = choice.startsWith("function:") ? { type: "function", name: choice.slice(9) } : choice;
  if (said.top_logprobs) said.include = ["message.output_text.logprobs"];
  if (form.elements.metadata.value.trim()) said.metadata = json(form.elements.metadata.value, "The metadata");
  if (form.elements.one_call.checked) said.parallel_tool_calls = false;
  if (form.elements.unstored.checked) said.store = false;
  return said;
}

/** Fill the form from a request. */
export function fill(form, told) {
  if (told.model) form.elements.model.value = told.model;
  for (const name of [...WORDS, ...NUMBERS]) {
    if (told[name] !== undefined && told[name] !== null && typeof told[name] !== "object") form.elements[name].value = told[name];
  }
  for (const tool of told.tools ?? []) {
    const box = form.querySelector(`[name=hosted][value="${CSS.escape(tool.type)}"]`);
    if (box) box.checked = true;
    else if (tool.type === "file_search" && form.elements.vector_stores) form.elements.vector_stores.value = (tool.vector_store_ids ?? []).join(", ");
    else if (tool.type === "function" || tool.type === "mcp") add(tool.type, tool);
  }
  const format = told.text?.format;
  if (format && format.type !== "text") form.elements.format.value = format.type;
  if (format?.schema) form.elements.schema.value = JSON.stringify(format.schema, null, 1);
  if (told.text?.verbosity) form.elements.verbosity.value = told.text.verbosity;
  if (format?.name) form.elements.schema_name.value = format.name;
  if (format) form.elements.strict.checked = format.strict !== false;
  if (told.reasoning?.effort) form.elements.effort.value = told.reasoning.effort;
  if (told.reasoning?.summary) form.elements.summary.value = told.reasoning.summary;
  if (told.metadata && Object.keys(told.metadata).length) form.elements.metadata.value = JSON.stringify(told.metadata);
  choices(form);
  const choice = told.tool_choice;
  if (choice) form.elements.tool_choice.value = choice.type === "function" ? `function:${choice.name}` : choice;
  form.elements.one_call.checked = told.parallel_tool_calls === false;
  form.elements.unstored.checked = told.store === false;
  shown(form);
}

/** A function can be asked for by its name, once it has one. */
function choices(form) {
  const select = form.elements.tool_choice;
  const names = [...list.querySelectorAll("[data-kind=function] [data-name=name]")].map((field) => field.value.trim()).filter(Boolean);
  for (const option of [...select.options]) if (option.value.startsWith("function:") && !names.includes(option.value.slice(9))) option.remove();
  const there = new Set([...select.options].map((option) => option.value));
  for (const name of names) if (!there.has(`function:${name}`)) select.add(new Option(`function ${name}`, `function:${name}`));
}

function shown(form) {
  choices(form);
  for (const field of form.querySelectorAll("[data-shown-for]")) field.hidden = form.elements.format.value !== field.dataset.shownFor;
}

const form = document.getElementById("settings");
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("click", (event) => {
  const kind = event.target.dataset?.add;
  if (kind) add(kind).querySelector("input").focus();
  if (event.target.dataset?.list !== undefined) listTools(event.target.closest(".tool"), document.querySelector(".play").dataset.base);
  if (event.target.dataset?.remove !== undefined) event.target.closest(".tool").remove();
  if (kind || event.target.dataset?.remove !== undefined) form.dispatchEvent(new Event("change"));
});
form.addEventListener("change", () => shown(form));
