// Uploads, lists, plays and deletes a response with the generated types of the API.
// Usage: STACK=stack.json CLIP=clip.mp4 node drive.ts

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { setTimeout } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "../../../.local/consumers/typescript/api.d.ts";

type VideoResponse = components["schemas"]["VideoResponse"];
type Problem = components["schemas"]["Problem"];

const { STACK = "", CLIP = "" } = env;
const stack: { readonly api_url: string; readonly token: string } = JSON.parse(readFileSync(STACK, "utf8"));
const api = createClient<paths>({ baseUrl: stack.api_url, headers: { authorization: `Bearer ${stack.token}` } });

const READY_WITHIN_MS = 60_000;
const POLL_INTERVAL_MS = 250;

const clip = new Blob([readFileSync(CLIP)], { type: "video/mp4" });
const email = `typescript-${randomUUID()}@example.com`;
const first = { project: "demo", step: 0 };
const second = { project: "demo", step: 1 };

/** Requests an upload and returns its form; the compiler knows the form's fields once `method` is known. */
async function requestForm(path: typeof first) {
  const { data, error } = await api.POST("/projects/{project}/steps/{step}/responses", {
    params: { path },
    body: { email, content_type: "video/mp4", size: clip.size },
  });
  assert(data, JSON.stringify(error));
  assert.equal(data.response.status, "awaiting-upload");
  const { upload } = data;
  // @ts-expect-error An upload in parts has no fields.
  upload.fields;
  assert(upload.method === "post");
  return upload;
}

async function send({ url, fields }: { url: string; fields: Record<string, string> }): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", clip);
  const answer = await fetch(url, { method: "POST", body: form });
  assert.equal(answer.status, 204, await answer.text());
}

async function show(step: typeof first): Promise<VideoResponse> {
  const { data, error } = await api.GET("/projects/{project}/steps/{step}/responses/{email}", {
    params: { path: { ...step, email } },
  });
  assert(data, JSON.stringify(error));
  return data;
}

async function untilReady(step: typeof first): Promise<VideoResponse> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const response = await show(step);
    if (response.status === "ready") return response;
    assert(response.status !== "failed", response.failure?.message);
    assert(Date.now() < deadline, `still ${response.status}`);
    await setTimeout(POLL_INTERVAL_MS);
  }
}

/** Lists the respondent's responses, one on each page. */
async function list(): Promise<VideoResponse[]> {
  const responses: VideoResponse[] = [];
  let cursor: string | null | undefined;
  do {
    const { data, error } = await api.GET("/responses", {
      params: { query: { email, limit: 1, ...(cursor && { cursor }) } },
    });
    assert(data, JSON.stringify(error));
    assert(data.responses.length <= 1);
    responses.push(...data.responses);
    cursor = data.cursor;
  } while (cursor);
  return responses;
}

async function play({ playback }: VideoResponse): Promise<void> {
  assert(playback);
  assert(new Date(playback.expires_at).getTime() > Date.now());
  const answer = await fetch(playback.url, { headers: { range: "bytes=4-7" } });
  assert.equal(answer.status, 206);
  assert.equal(await answer.text(), "ftyp");
}

/** Requests a response that does not exist and returns the problem. */
async function problem(): Promise<Problem> {
  const { error } = await api.GET("/projects/{project}/steps/{step}/responses/{email}", {
    params: { path: { ...first, email: `nobody-${email}` } },
  });
  // API Gateway's own errors have a message and no type.
  assert(error && "type" in error);
  return error;
}

async function remove(): Promise<void> {
  const one = await api.DELETE("/projects/{project}/steps/{step}/responses/{email}", {
    params: { path: { ...first, email } },
  });
  assert.equal(one.data?.status, "deleting");
  const all = await api.DELETE("/responses", { params: { query: { email } } });
  assert.deepEqual(all.data?.accepted, [second]);
}

await send(await requestForm(first));
await requestForm(second);
const ready = await untilReady(first);
await play(ready);
const listed = await list();
assert.deepEqual(listed.map(({ step, status }) => [step, status]).sort(), [
  [0, "ready"],
  [1, "awaiting-upload"],
]);
const { type, status, detail }: Problem = await problem();
assert.deepEqual([type, status], ["urn:video-responses:problem:no-such-response", 404], detail);
await remove();
console.log(`${email}: uploaded, played, listed and deleted`);
