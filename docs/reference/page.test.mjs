// Usage: DESCRIPTION=openapi.json node --test

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { before, test } from "node:test";
import { page } from "./page.mjs";

const description = JSON.parse(readFileSync(env.DESCRIPTION, "utf8"));
// A browser ends a script at this text, wherever it is.
description.info.description += "\n`</script><!--`";

/** Splits a page into its scripts and the markup around them, as a browser does. */
function split(html) {
  const scripts = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script);
  return { scripts, markup: html.replaceAll(/(<script[^>]*>)[\s\S]*?<\/script>/g, "$1") };
}

let scripts, markup, policy;
before(async () => {
  ({ scripts, markup } = split(await page(description)));
  policy = Object.fromEntries(
    /http-equiv="Content-Security-Policy" content="([^"]*)"/
      .exec(markup)[1]
      .split("; ")
      .map((directive) => [directive.split(" ")[0], directive.split(" ").slice(1)]),
  );
});

test("each operation is rendered", () => {
  const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
  const ids = operations.map(({ operationId }) => operationId).filter(Boolean);
  assert(ids.length > 0);
  for (const id of ids) assert(markup.includes(`id="operation/${id}"`), `${id} is missing`);
});

test("nothing is loaded from elsewhere", () => {
  const references = /<(link|iframe|object|embed|base)\b[^>]*|\ssrc(set)?=.{9}|@import.{9}|url\((?!['"]?data:).{9}/g;
  assert.deepEqual(markup.match(references), null);
  assert.deepEqual(policy["default-src"], ["'none'"]);
  for (const [directive, sources] of Object.entries(policy))
    for (const source of sources) assert.match(source, /^('none'|'unsafe-inline'|'sha256-.*'|data:|blob:)$/, directive);
});

test("the policy permits the page's scripts alone", () => {
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  assert.equal(hashes.length, 2);
  assert.deepEqual(policy["script-src"], hashes);
  for (const script of scripts) new Function(script);
});

test("a union shows its variants by their own titles", () => {
  for (const title of ["Post upload", "Multipart upload"]) assert(markup.includes(title), `${title} is missing`);
});
