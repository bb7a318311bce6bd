// Requests to the API, from the page: the same that any client sends, with the key that this browser is signed in with.

/** POST a request for a response; the answer of the server, streamed or not. Throws what the server says is wrong. */
export async function send(request, signal) {
  const answer = await fetch("/console/v1/responses", {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": document.querySelector("meta[name=csrf]").content },
    body: JSON.stringify(request),
    signal,
  });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(told.error?.message ?? `The server said ${answer.status}.`);
  }
  return answer;
}

/** A request that isn't streamed; its response object. */
export async function post(request) {
  return (await send(request)).json();
}

/** The events of a streamed request, one after the other. */
export async function* events(request, signal) {
  const answer = await send({ ...request, stream: true }, signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const messages = (rest + value).split("\n\n");
    rest = messages.pop();
    for (const message of messages) {
      const data = message.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n");
      if (data && data !== "[DONE]") yield JSON.parse(data);
    }
  }
}
