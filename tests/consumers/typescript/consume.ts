// Validates, reads and writes each example of the published documents. Usage: node consume.ts SCHEMAS

import assert from "node:assert/strict";
import { argv } from "node:process";
import { Ajv2020, type Options } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { type Document, examplesOf, readDocuments } from "./schemas.ts";

/** AJV reports what it does not understand in a schema as a warning only. */
const refusing = { log: refuse, warn: refuse, error: refuse };

const settings: Record<string, Options> = {
  default: { logger: refusing },
  strict: { logger: refusing, strict: true, strictTypes: true, strictTuples: true, strictRequired: true, allErrors: true },
};

function refuse(...message: unknown[]): never {
  throw new Error(`AJV logs: ${message.join(" ")}`);
}

function validator(options: Options): Ajv2020 {
  const ajv = new Ajv2020(options);
  addFormats.default(ajv);
  return ajv;
}

/** Parses JSON, with each timestamp as a `Date`. */
function parse(text: string): unknown {
  return JSON.parse(text, (_key, value) =>
    typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? new Date(value) : value,
  );
}

/** Checks that each example is valid, and still is after a client has read and written it. */
function consume(ajv: Ajv2020, document: Document): number {
  const examples = examplesOf(document);
  for (const { ref, value } of examples) {
    const validate = ajv.getSchema(ref);
    assert(validate, `${ref} is not a schema`);
    const read = parse(JSON.stringify(value));
    const written = JSON.stringify(read);
    for (const instance of [value, JSON.parse(written)]) {
      assert(validate(instance), `${ref}: ${JSON.stringify(instance)}: ${ajv.errorsText(validate.errors)}`);
    }
    assert.deepEqual(parse(written), read);
  }
  return examples.length;
}

const [, , schemas = ""] = argv;
const documents = readDocuments(schemas);
for (const options of Object.values(settings)) {
  for (const document of documents) {
    const ajv = validator(options);
    ajv.compile(document.schema);
    consume(ajv, document);
  }
}
const together = validator(settings["strict"] ?? {}).addSchema(documents.map(({ schema }) => schema));
const examples = documents.map((document) => consume(together, document)).reduce((sum, count) => sum + count, 0);
console.log(`${documents.length} documents, ${examples} examples`);
