// For the compiler alone: `method` decides which properties an upload has.

import type { IssuedUpload } from "../../../.local/consumers/typescript/documents/issued-upload.d.ts";

export function fieldsOfForm({ upload }: IssuedUpload): Record<string, string> {
  // @ts-expect-error An upload in parts has no fields.
  upload.fields;
  if (upload.method === "post") return upload.fields;
  // @ts-expect-error A form has no parts, and this is not a form.
  upload.fields;
  return { parts: `${upload.parts}`, partSize: `${upload.part_size}` };
}
