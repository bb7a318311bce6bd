// Run by Node with the official client: asks a stand-in for what each line of standard input says, as JSON with
// `url` and `body`, and says what came as base64, a line each.
//
// Not a test: test_standin_bytes.py starts it.

import { createInterface } from "node:readline";
import OpenAI from "openai";

for await (const line of createInterface({ input: process.stdin })) {
  const { url, body } = JSON.parse(line);
  const client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
  const response = await client.chat.completions.create(body).asResponse();
  console.log(Buffer.from(await response.arrayBuffer()).toString("base64"));
}
