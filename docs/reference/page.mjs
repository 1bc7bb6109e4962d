// The API reference as one page that needs no network.
//
// Redoc renders the description here, so the page shows it without JavaScript too and a test can read it. In the browser
// Redoc renders it again, with its controls. Redoc is in the page, and the page's policy forbids connections.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import redoc from "redoc";
import { ServerStyleSheet } from "styled-components";

const SYSTEM_FONT = "system-ui, sans-serif";
const OPTIONS = {
  hideDownloadButtons: true,
  expandResponses: "200,201,202",
  theme: {
    typography: {
      fontFamily: SYSTEM_FONT,
      headings: { fontFamily: SYSTEM_FONT },
      code: { fontFamily: "ui-monospace, monospace" },
    },
  },
};
const LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";

/** Renders a description; returns its HTML and the styles. */
async function render(description) {
  const store = await redoc.createStore(description, undefined, OPTIONS);
  const sheet = new ServerStyleSheet();
  const html = renderToString(sheet.collectStyles(createElement(redoc.Redoc, { store })));
  return { html, styles: sheet.getStyleTags() };
}

/** Removes the titles of unions, which Redoc would show as the title of each variant. */
function withoutUnionTitles(description) {
  return JSON.parse(JSON.stringify(description), (_key, value) => {
    if (!value?.oneOf) return value;
    const { title, ...union } = value;
    return union;
  });
}

/** Returns Redoc for browsers, without the logo that it loads from its maker's server. */
function library() {
  const text = readFileSync(new URL("node_modules/redoc/bundles/redoc.standalone.js", import.meta.url), "utf8");
  if (text.split(LOGO).length !== 2) throw new Error(`Redoc no longer loads its logo from ${LOGO} once: look at what it loads`);
  return text.replace(LOGO, "data:,");
}

/** Escapes a script, so that it cannot end its element. */
function escape(script) {
  return script.replaceAll("<!--", "<\\!--").replaceAll(/<\/(script)/gi, "<\\/$1");
}

/** Returns the content security policy: these scripts may run, and nothing may be loaded. */
function policy(scripts) {
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  return [
    "default-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "img-src data:",
    `script-src ${hashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "worker-src blob:",
  ].join("; ");
}

/** Returns the page for an OpenAPI description. */
export async function page(source) {
  const description = withoutUnionTitles(source);
  const { html, styles } = await render(description);
  const call = `Redoc.init(${JSON.stringify(description)}, ${JSON.stringify(OPTIONS)}, document.getElementById("reference"));`;
  const scripts = [library(), call].map(escape);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${description.info.title}</title>
<style>body { margin: 0 }</style>
${styles}
</head>
<body>
<div id="reference">${html}</div>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
}
