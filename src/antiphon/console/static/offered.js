// The tools that an MCP server offers, listed before anything is asked: the server of this page asks it, as it would in a run.

function offer(tool, allowed) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: tool.name, checked: !allowed || allowed.includes(tool.name) });
  box.dataset.tool = tool.name;
  const label = document.createElement("label");
  label.className = "check";
  label.append(box, tool.name);
  const row = document.createElement("li");
  row.append(label);
  const reads = tool.annotations?.readOnlyHint ?? tool.annotations?.read_only ? "only reads" : "";
  const told = [tool.description, reads].filter(Boolean).join(" · ");
  if (told) row.append(Object.assign(document.createElement("span"), { className: "dim", textContent: told }));
  return row;
}

/** Ask for the tools of the server that a form describes, and show them, or why they aren't known. */
export async function list(fieldset, base) {
  const said = (name) => fieldset.querySelector(`[data-name=${name}]`).value.trim();
  const place = fieldset.querySelector(".offered");
  const state = fieldset.querySelector("[role=status]");
  const button = fieldset.querySelector("[data-list]");
  const asked = { server_label: said("server_label") || "server", server_url: said("server_url"), authorization: said("authorization") || null };
  button.disabled = true;
  state.className = "dim small";
  state.textContent = "asking…";
  try {
    const answer = await fetch(`${base}/playground/tools`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": document.querySelector("meta[name=csrf]").content },
      body: JSON.stringify(asked),
    });
    const told = await answer.json().catch(() => ({ error: `The server said ${answer.status}.` }));
    if (told.error) throw new Error(told.error.message ?? told.error);
    const allowed = fieldset.dataset.allowed ? JSON.parse(fieldset.dataset.allowed) : null;
    place.replaceChildren(...told.tools.map((tool) => offer(tool, allowed)));
    state.textContent = `${told.tools.length} tools. Those that are ticked may be called.`;
  } catch (fault) {
    place.replaceChildren();
    state.className = "bad small";
    state.textContent = fault.message;
  } finally {
    button.disabled = false;
  }
}

/** Which tools may be called; nothing where all may. */
export function allowed(fieldset) {
  const boxes = [...fieldset.querySelectorAll("[data-tool]")];
  if (!boxes.length) return fieldset.dataset.allowed ? JSON.parse(fieldset.dataset.allowed) : null;
  const chosen = boxes.filter((box) => box.checked).map((box) => box.dataset.tool);
  return chosen.length === boxes.length ? null : chosen;
}
