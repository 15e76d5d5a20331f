// Opens a hostile page, lets it try everything, and prints what each try came to:
// node hostile.mjs CHROMIUM PROFILE URL KEY HOST PORT
// The page knows a valid key, which is more than a hostile page ever should. It stands on HOST:PORT; another port of
// 127.0.0.1 is another origin of the same site, and localhost is another site.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { openBrowser } from "./browser.mjs";

const [executable, profile, url, key, host, port] = process.argv.slice(2);
const script = await readFile(new URL("./attacks.js", import.meta.url), "utf8");
const page = `<!doctype html><meta charset="utf-8"><title>Hostile</title><script>${script}</script>`;
const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(page));
await new Promise((listening) => site.listen(Number(port), "127.0.0.1", listening));

const context = await openBrowser(executable, profile);
const sent = [];
context.on("request", (request) => {
  if (request.url().startsWith(url)) {
    sent.push(`${request.method()} ${request.url().slice(url.length, url.length + 40)}`);
  }
});
// Whoever is attacked has GraphiQL open, with the key in its memory.
const victim = context.pages()[0] ?? (await context.newPage());
await victim.goto(`${url}/graphiql#key=${key}`);
await victim.locator(".result-window .view-lines").getByText("spendable").first().waitFor({ timeout: 60_000 });

const hostile = await context.newPage();
await hostile.goto(`http://${host}:${port}/`);
const tries = await hostile.evaluate(({ url, key }) => window.attack(url, key), { url, key });
const frames = hostile.frames().slice(1).map((frame) => frame.url());

await context.close();
site.close();
console.log(JSON.stringify({ tries, frames, sent }));
