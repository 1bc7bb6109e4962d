// Writes each example as a constant of its generated type, for the compiler to check.
// Usage: node typed-examples.ts SCHEMAS OUTPUT

import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { type Document, examplesOf, readDocuments } from "./schemas.ts";

/** Returns a module with a document's examples. AWS's messages have more properties than the service reads. */
function typedExamples(document: Document): string {
  const constants = examplesOf(document).map(({ type, value }, number) => {
    const annotation = document.direction === "taken" ? `Open<types.${type}>` : `types.${type}`;
    return `export const example${number}: ${annotation} = ${JSON.stringify(value, null, 2)};`;
  });
  return `import type * as types from "./documents/${document.name}.d.ts";

export type Open<T> = T extends (infer E)[]
  ? Open<E>[]
  : T extends object
    ? { [K in keyof T]: Open<T[K]> } & { [name: string]: unknown }
    : T;

${constants.join("\n\n")}
`;
}

const [, , schemas = "", output = ""] = argv;
for (const document of readDocuments(schemas)) {
  writeFileSync(`${output}/${document.name}.examples.mts`, typedExamples(document));
}
