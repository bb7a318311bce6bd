// What a response waits for from its client: the results of functions, and leave for tools of MCP servers.

function element(name, shape = {}, ...inside) {
  const made = Object.assign(document.createElement(name), shape);
  made.append(...inside);
  return made;
}

function arguments_of(call) {
  try {
    return JSON.parse(call.arguments ?? "{}");
  } catch {
    return { arguments: call.arguments };
  }
}

/** A field for each argument, named and described by the function's schema. */
function fields(call, tool) {
  const told = call.type === "custom_tool_call" ? { input: call.input } : arguments_of(call);
  const schema = tool?.parameters?.properties ?? {};
  return [...new Set([...Object.keys(schema), ...Object.keys(told)])].map((name) => {
    const about = schema[name] ?? {};
    const value = told[name];
    const field = element("input", { readOnly: true, value: value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value) });
    const label = element("label", {}, `${name}${about.type ? `, ${about.type}` : ""} `, field);
    if (about.description) label.title = about.description;
    return label;
  });
}

function done(entry, text) {
  entry.querySelectorAll("button, textarea").forEach((field) => { field.disabled = true; });
  entry.append(element("p", { className: "dim small", textContent: text }));
}

/** A form in which the reader plays the functions: their arguments are shown, their results asked for. */
export function result(calls, tools, go) {
  const form = element("form", { className: "reply" });
  const texts = calls.map((call) => {
    const tool = tools.find((one) => one.name === call.name);
    const text = element("textarea", { rows: 2, placeholder: '{"…": "…"}' });
    form.append(element("fieldset", {},
      element("legend", { className: "fn", textContent: call.name }),
      element("div", { className: "pair" }, ...fields(call, tool)),
      element("label", {}, "Result ", text)));
    return text;
  });
  form.append(element("button", { className: "main", textContent: calls.length > 1 ? "Give the results" : "Give the result" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    done(form, "given");
    go(calls.map((call, number) => ({
      type: call.type === "custom_tool_call" ? "custom_tool_call_output" : "function_call_output",
      call_id: call.call_id,
      output: texts[number].value,
    })));
  });
  return element("li", { className: "entry" }, form);
}

/** Buttons that allow or refuse each call that waits for it; when all are answered, the response goes on. */
export function approval(requests, go) {
  const entry = element("li", { className: "entry" });
  const answers = new Map();
  for (const one of requests) {
    const say = (approve) => () => {
      answers.set(one.id, approve);
      done(row, approve ? "allowed" : "refused");
      if (answers.size < requests.length) return;
      go(requests.map((each) => ({ type: "mcp_approval_response", approval_request_id: each.id, approve: answers.get(each.id) })));
    };
    const yes = element("button", { type: "button", className: "main", textContent: "Allow" });
    const no = element("button", { type: "button", textContent: "Refuse" });
    const row = element("div", { className: "reply" },
      element("p", {}, element("b", { className: "fn", textContent: one.name }), ` of ${one.server_label} asks to be called with`),
      element("pre", { textContent: one.arguments }),
      element("div", { className: "row" }, yes, no));
    yes.addEventListener("click", say(true));
    no.addEventListener("click", say(false));
    entry.append(row);
  }
  return entry;
}
