// Writes the API reference: node build.mjs DESCRIPTION PAGE

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { argv } from "node:process";
import { page } from "./page.mjs";

const [, , source, target] = argv;
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, await page(JSON.parse(readFileSync(source, "utf8"))));
