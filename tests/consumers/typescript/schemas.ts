// Reads the published documents and their examples.

import { readFileSync } from "node:fs";

/** The part of a JSON Schema that this consumer reads itself; AJV reads the rest. */
export interface Schema {
  readonly $id: string;
  readonly title: string;
  readonly examples: readonly unknown[];
  readonly $defs?: Readonly<Record<string, { readonly title?: string; readonly examples: readonly unknown[] }>>;
}

/** A document that the index lists. */
export interface Document extends Entry {
  readonly schema: Schema;
}

interface Entry {
  readonly name: string;
  readonly file: string;
  /** Whether the service sends such documents or takes them. */
  readonly direction: "sent" | "taken";
}

/** An example, with the type that it is an example of. */
export interface Example {
  /** The reference of the type's schema. */
  readonly ref: string;
  /** The type's name in TypeScript. */
  readonly type: string;
  readonly value: unknown;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Reads the documents that `index.json` lists. */
export function readDocuments(schemas: string): Document[] {
  const { documents } = readJson<{ documents: Entry[] }>(`${schemas}/index.json`);
  return documents.map((entry) => ({ ...entry, schema: readJson<Schema>(`${schemas}/${entry.file}`) }));
}

/** Returns the examples of a document and of each of its definitions. Each one must have an example. */
export function examplesOf({ name, schema }: Document): Example[] {
  const definitions = Object.entries(schema.$defs ?? {}).map(([key, definition]) => ({
    ref: `${schema.$id}#/$defs/${key}`,
    type: typeName(definition.title ?? key),
    values: definition.examples,
  }));
  return [{ ref: schema.$id, type: typeName(schema.title), values: schema.examples }, ...definitions].flatMap(
    ({ ref, type, values }) => {
      if (!values?.length) throw new Error(`${name}: ${ref} has no example`);
      return values.map((value) => ({ ref, type, value }));
    },
  );
}

/** Returns the name that json-schema-to-typescript gives to the type of a schema with this title. */
function typeName(title: string): string {
  return title.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_match, _separator, letter: string) => letter.toUpperCase());
}
