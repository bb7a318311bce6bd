// Run by Node with the clients of this folder's package-lock.json: does tasks, and says what came of each.
//
// A line of JSON on standard input is a task, {"task": …, "url": …, "mcp": …}; one on standard output what came
// of it. Not a test: test_node_clients.py starts it.

import { createInterface } from "node:readline";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const MODEL = "scripted/m";
const DEGREES = { Oslo: 4, Rome: 19 };
const QUESTION = "Where is it warmer, in Oslo or in Rome?";
// What the AI SDK would otherwise say on standard output.
const warned = [];
globalThis.AI_SDK_LOG_WARNINGS = ({ warnings }) => warned.push(...warnings.map((warning) => JSON.stringify(warning)));
const Weather = z.object({ city: z.string(), celsius: z.number() });

// The AI SDK.

const temperature = tool({
  description: "The temperature of a city in degrees Celsius",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => DEGREES[city],
});
const provider = (url) => createOpenAI({ baseURL: url, apiKey: "none" });
const asking = (url, more) => ({
  model: provider(url).responses(MODEL), prompt: QUESTION, tools: { temperature }, stopWhen: stepCountIs(9), maxRetries: 0,
  ...more,
});

async function ai_generate({ url }) {
  const result = await generateText(asking(url));
  const calls = result.steps.map((step) => step.toolCalls.map((call) => call.input.city));
  return { text: result.text, calls, usage: result.totalUsage.totalTokens, finish: result.finishReason };
}

async function ai_stream({ url }) {
  const result = streamText(asking(url));
  const parts = [];
  for await (const part of result.fullStream) parts.push(part);
  const texts = parts.filter((part) => part.type === "text-delta").map((part) => part.text);
  const kinds = parts.map((part) => part.type);
  return { texts, kinds, steps: (await result.steps).length };
}

async function ai_unstored({ url }) {
  // Without the server's store everything is sent again, reasoning too.
  const providerOptions = { openai: { store: false, include: ["reasoning.encrypted_content"] } };
  const result = streamText(asking(url, { providerOptions }));
  await result.consumeStream();
  return { text: await result.text, steps: (await result.steps).length, warned: warned.splice(0) };
}

async function ai_chain({ url }) {
  const first = await generateText(asking(url));
  const previousResponseId = first.providerMetadata.openai.responseId;
  const second = await generateText(asking(url, { prompt: "Sure?", providerOptions: { openai: { previousResponseId } } }));
  return { texts: [first.text, second.text], previous: previousResponseId };
}

async function ai_shape({ url }) {
  const result = await generateText(asking(url, { output: Output.object({ schema: Weather }) }));
  return result.output;
}

async function ai_mcp({ url, mcp }) {
  const shop = provider(url).tools.mcp({ serverLabel: "shop", serverUrl: mcp, requireApproval: "never" });
  const result = streamText(asking(url, { tools: { shop, temperature } }));
  await result.consumeStream();
  const steps = await result.steps;
  return { text: await result.text, calls: steps.flatMap((step) => step.toolCalls.map((call) => call.toolName)) };
}

// The official client.

const client = (url) => new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
const FUNCTION = {
  type: "function", name: "temperature", description: "In degrees Celsius", strict: true,
  parameters: {
    type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false,
  },
};
const outputs = (response) =>
  response.output
    .filter((item) => item.type === "function_call")
    .map((item) => ({
      type: "function_call_output", call_id: item.call_id, output: String(DEGREES[JSON.parse(item.arguments).city]),
    }));

async function openai_loop({ url }) {
  const openai = client(url);
  const input = [{ role: "user", content: QUESTION }];
  for (;;) {
    const response = await openai.responses.create({ model: MODEL, input, tools: [FUNCTION] });
    const answered = outputs(response);
    if (answered.length === 0) return { text: response.output_text, items: input.length };
    input.push(...response.output, ...answered);
  }
}

async function openai_stream({ url }) {
  const openai = client(url);
  const conversation = (await openai.conversations.create()).id;
  const kinds = [];
  const texts = [];
  let input = QUESTION;
  for (;;) {
    const stream = openai.responses.stream({ model: MODEL, input, tools: [FUNCTION], conversation });
    stream.on("response.output_text.delta", (event) => texts.push(event.delta));
    stream.on("response.function_call_arguments.delta", (event) => kinds.push(event.snapshot));
    const response = await stream.finalResponse();
    input = outputs(response);
    if (input.length === 0) break;
  }
  const items = [];
  for await (const item of openai.conversations.items.list(conversation, { order: "asc" })) items.push(item.type);
  return { texts, snapshots: kinds, items };
}

async function openai_shape({ url }) {
  const text = { format: zodTextFormat(Weather, "weather") };
  const response = await client(url).responses.parse({ model: MODEL, input: QUESTION, text });
  return response.output_parsed;
}

async function openai_refused({ url }) {
  try {
    await client(url).responses.create({ model: MODEL, input: QUESTION, previous_response_id: "resp_none" });
  } catch (error) {
    return { status: error.status, param: error.param, kind: error.constructor.name };
  }
}

const TASKS = {
  ai_generate, ai_stream, ai_unstored, ai_chain, ai_shape, ai_mcp, openai_loop, openai_stream, openai_shape,
  openai_refused,
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify(await TASKS[asked.task](asked)));
}
