// Drives the official client through what applications do and prints what it saw as one JSON object.
// usage: node client.mjs BASE_URL MODEL PROMPT MAX_TOKENS [EMBEDDER TEXT]
import OpenAI, { BadRequestError, NotFoundError } from 'openai';

const [baseURL, model, prompt, maxTokens, embedder, text] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'sk-emma', maxRetries: 0 });
const completion = { model, prompt, max_tokens: Number(maxTokens), temperature: 0 };
const seen = {};

const plain = await client.completions.create(completion);
seen.plain = { text: plain.choices[0].text, usage: plain.usage };

let joined = '';
for await (const chunk of await client.completions.create({ ...completion, stream: true })) {
  joined += chunk.choices[0]?.text ?? '';
}
seen.stream = joined;

seen.models = [];
for await (const entry of client.models.list()) seen.models.push(entry.id);
seen.model = (await client.models.retrieve(model)).id;

const aborted = await client.completions.create({ ...completion, max_tokens: 480, stream: true });
seen.chunksBeforeAbort = 0;
for await (const _ of aborted) {
  if (++seen.chunksBeforeAbort === 2) break;
}

const controller = new AbortController();
const cancelled = await client.completions.create(
  { ...completion, max_tokens: 480, stream: true },
  { signal: controller.signal },
);
seen.chunksBeforeCancel = 0;
try {
  for await (const _ of cancelled) {
    if (++seen.chunksBeforeCancel === 2) controller.abort();
  }
} catch (error) {
  seen.cancelError = error.name;
}

const failure = async (call, type) => {
  try {
    await call();
    return { error: 'none' };
  } catch (error) {
    const { status, code, param, type: kind, requestID } = error;
    return { expected: error instanceof type, status, code, param, type: kind, requestID };
  }
};
seen.notFound = await failure(() => client.completions.create({ ...completion, model: 'gpt-9' }), NotFoundError);
seen.badRequest = await failure(() => client.completions.create({ ...completion, temperature: 7 }), BadRequestError);
seen.badStream = await failure(
  () => client.completions.create({ ...completion, top_p: 7, stream: true }),
  BadRequestError,
);

if (embedder) {
  const embedded = await client.embeddings.create({ model: embedder, input: [text, text] });
  seen.embeddings = embedded.data.map((entry) => entry.embedding);
}
console.log(JSON.stringify(seen));
