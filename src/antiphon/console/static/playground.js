// The playground: builds a request from the form, streams its answer into the page, and goes on from there. What a model or
// tool wrote is only ever put in as text; once an answer is stored, the server's own rendering of it takes its place.

import { events } from "./api.js";
import { dress, tell } from "./console.js";
import { attached, attachments, chips, listen, named } from "./attach.js";
import { fill, request } from "./settings.js";
import { approval, result } from "./answers.js";

const play = document.querySelector(".play");
const base = play.dataset.base;
const settings = document.getElementById("settings");
const composer = document.getElementById("composer");
const chat = document.getElementById("chat");
const state = document.getElementById("state");
const send = document.getElementById("send");
const stop = document.getElementById("stop");
const code = document.getElementById("as-code");

let previous = play.dataset.continue || null;
let before = [];
let stopping = null;

function block(kind, title) {
  const entry = document.createElement("li");
  entry.className = `entry ${kind}`;
  const who = document.createElement("div");
  who.className = "who";
  const name = document.createElement("span");
  if (kind === "call") name.className = "fn";
  name.textContent = title;
  who.append(name);
  const body = document.createElement(kind === "call" ? "pre" : "div");
  body.className = kind === "call" ? "" : "text plain";
  entry.append(who, body);
  chat.append(entry);
  document.getElementById("hint").hidden = true;
  return { entry, body, who };
}

function said(items) {
  for (const item of items) {
    if (item.role !== "user") continue;
    const { body } = block("message user", "user");
    const parts = typeof item.content === "string" ? [{ text: item.content }] : item.content;
    body.textContent = parts.map(named).join("\n");
  }
}

/** What goes with the next request: all before it where nothing is stored, else the response it continues. */
function whole(items) {
  const asked = request(settings);
  if (play.dataset.conversation) return { ...asked, conversation: play.dataset.conversation, input: items };
  if (previous) return { ...asked, previous_response_id: previous, input: items };
  return { ...asked, input: [...before, ...items] };
}

const TITLES = { message: "assistant", reasoning: "reasoning" };

function opened(item) {
  const call = item.type.endsWith("_call");
  const kind = call ? "call" : item.type === "message" ? "message assistant" : "fold";
  const shown = block(kind, item.name ?? TITLES[item.type] ?? item.type.replaceAll("_", " "));
  if (item.server_label) shown.who.append(Object.assign(document.createElement("span"), { className: "dim", textContent: item.server_label }));
  return shown;
}

function closed(item, shown) {
  if (item.type === "mcp_list_tools") shown.body.textContent = item.error ? JSON.stringify(item.error) : item.tools.map((tool) => tool.name).join(", ");
  if (item.type === "mcp_approval_request") shown.body.textContent = item.arguments;
  if (item.type === "mcp_call" || item.type === "code_interpreter_call") {
    const told = document.createElement("pre");
    told.textContent = item.error ? JSON.stringify(item.error) : item.output ?? JSON.stringify(item.outputs ?? "");
    shown.entry.append(told);
  }
}

async function follow(items) {
  const shown = new Map();
  const asked = whole(items);
  const began = performance.now();
  let first = null;
  let final = null;
  for await (const event of events(asked, stopping.signal)) {
    const there = shown.get(event.output_index);
    if (event.type === "response.created") state.textContent = event.response.id;
    else if (event.type === "response.output_item.added") shown.set(event.output_index, opened(event.item));
    else if (event.type.endsWith(".delta") && there && typeof event.delta === "string") {
      first ??= performance.now() - began;
      there.body.append(event.delta);
    } else if (event.type === "response.output_item.done" && there) closed(event.item, there);
    else if (event.type === "error") throw new Error(event.message ?? event.error?.message);
    else if (event.response && ["response.completed", "response.incomplete", "response.failed"].includes(event.type)) final = event.response;
  }
  if (!final) throw new Error("The stream ended before the answer did.");
  const took = ((performance.now() - began) / 1000).toFixed(1);
  const tokens = final.usage ? `, ${final.usage.output_tokens} tokens` : "";
  state.textContent = `${final.status} in ${took} s${tokens}${first === null ? "" : `, first after ${Math.round(first)} ms`}`;
  if (final.error) tell(final.error.message);
  await ended(asked, items, final, shown);
}

/** An answer is whole: show it as the server does, ask for what it waits for, and remember it. */
async function ended(asked, items, final, shown) {
  if (final.store !== false && final.status !== "failed") {
    previous = final.id;
    const html = await fetch(`${base}/responses/${final.id}/output`);
    if (html.ok) {
      for (const { entry } of shown.values()) entry.remove();
      const holder = document.createElement("li");
      holder.className = "answer";
      holder.innerHTML = await html.text();
      chat.append(holder);
      dress(holder);
    }
  } else if (final.status !== "failed") {
    before = [...before, ...items, ...final.output];
  }
  const calls = final.output.filter((item) => item.type === "function_call" || item.type === "custom_tool_call");
  const waiting = final.output.filter((item) => item.type === "mcp_approval_request");
  if (calls.length) chat.append(result(calls, asked.tools ?? [], go));
  if (waiting.length) chat.append(approval(waiting, go));
  chat.lastElementChild?.scrollIntoView({ block: "nearest" });
}

async function go(items) {
  said(items);
  stopping = new AbortController();
  send.disabled = true;
  stop.disabled = false;
  state.textContent = "asking…";
  try {
    await follow(items);
  } catch (fault) {
    const quiet = fault.name === "AbortError";
    state.textContent = quiet ? "stopped" : "failed";
    if (!quiet) block("call failed", "error").body.textContent = fault.message;
  } finally {
    stopping = null;
    send.disabled = false;
    stop.disabled = true;
  }
}

function written(parts = attached()) {
  const text = composer.elements.text.value.trim();
  if (!parts.length) return [{ role: "user", content: text }];
  return [{ role: "user", content: [...(text ? [{ type: "input_text", text }] : []), ...parts] }];
}

async function show() {
  if (!code.open) return;
  try {
    const answer = await fetch(`${base}/playground/code`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": document.querySelector("meta[name=csrf]").content },
      body: JSON.stringify({ ...whole(written()), stream: true }),
    });
    const place = document.getElementById("code");
    place.innerHTML = await answer.text();
    dress(place);
  } catch (fault) {
    document.getElementById("code").textContent = fault.message;
  }
}

composer.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (stopping || send.disabled) return;
  let items;
  try {
    send.disabled = true;
    items = written(await attachments());
    whole(items);
  } catch (fault) {
    send.disabled = false;
    tell(fault.message);
    return;
  }
  composer.elements.text.value = "";
  chips.clear();
  go(items);
});
composer.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) composer.requestSubmit();
});
stop.addEventListener("click", () => stopping?.abort());
document.getElementById("clear").addEventListener("click", () => {
  previous = null;
  before = [];
  chat.replaceChildren();
  state.textContent = "";
  history.replaceState(null, "", `${location.pathname}${location.hash}`);
});
code.addEventListener("toggle", show);
settings.addEventListener("change", () => {
  show();
  try {
    history.replaceState(null, "", `#${encodeURIComponent(JSON.stringify(shared()))}`);
  } catch { /* A schema that is still being written. */ }
});
composer.addEventListener("change", show);

/** The settings as they may stand in an address: without what is secret. */
function shared() {
  const asked = request(settings);
  for (const tool of asked.tools ?? []) delete tool.authorization;
  return asked;
}

listen();
if (play.dataset.from) {
  const told = await (await fetch(`${base}/responses/${play.dataset.from}/request.json`)).json();
  const input = typeof told.input === "string" ? [{ role: "user", content: told.input }] : told.input;
  const last = input.at(-1);
  const text = typeof last?.content === "string" ? last.content : last?.content?.find?.((part) => part.type === "input_text")?.text;
  fill(settings, told);
  if (text !== undefined && last.role === "user") composer.elements.text.value = text;
  before = text === undefined ? input : input.slice(0, -1);
  said(before);
} else if (location.hash.length > 1) {
  try {
    fill(settings, JSON.parse(decodeURIComponent(location.hash.slice(1))));
  } catch {
    tell("The settings in this address can't be read.");
  }
}
