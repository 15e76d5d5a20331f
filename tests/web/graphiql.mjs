// Opens GraphiQL with a key, runs tabs, and prints what it showed, asked for, was refused and kept:
// node graphiql.mjs CHROMIUM PROFILE URL KEY [link]
// The key is typed into the page, or with `link` stands in the address.
import { openBrowser, watchPolicy } from "./browser.mjs";

const [executable, profile, url, key, way] = process.argv.slice(2);
const origin = new URL(url).origin;
const context = await openBrowser(executable, profile);
const page = context.pages()[0] ?? (await context.newPage());
const requests = [];
const errors = [];
const reports = await watchPolicy(context, page);
context.on("request", (request) => requests.push(request.url()));
page.on("pageerror", (error) => errors.push(String(error)));

const response = page.locator(".result-window .view-lines");

/** The answer that is shown, once it holds a text; the editor writes blanks that do not break. */
async function shown(text, timeout = 60_000) {
  await page.waitForFunction(
    (wanted) => document.querySelector(".result-window .view-lines")?.textContent.replaceAll("\u00a0", " ").includes(wanted),
    text,
    { timeout },
  );
  return (await response.textContent()).replaceAll("\u00a0", " ");
}

if (way === "link") {
  await page.goto(`${url}/graphiql#key=${key}`);
} else {
  await page.goto(`${url}/graphiql`);
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Use" }).click();
}
const first = await shown("spendable");
const address = page.url();

const tabs = page.locator(".graphiql-tab-button");
const titles = await tabs.allTextContents();
await tabs.nth(titles.indexOf("OpenAccounts")).click();
// Right after a tab is chosen GraphiQL may still run the operation of the one before; its commands are done once only.
let second;
for (let tries = 1; second === undefined; tries += 1) {
  await page.getByRole("button", { name: /Execute query/ }).click();
  second = await shown("tour:bank", tries < 5 ? 5_000 : 30_000).catch((error) => {
    if (tries >= 5) {
      throw error;
    }
  });
}

const kept = await page.evaluate(async () => ({
  local: Object.entries(localStorage),
  session: Object.entries(sessionStorage),
  cookies: document.cookie,
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  entry: history.state,
}));
const cookies = await context.cookies();

await page.reload();
await page.getByLabel("API key").waitFor();
const afterReload = await page.evaluate(() => document.body.innerText);

const violationsBefore = reports.length;
const outside = requests.filter((each) => !each.startsWith(`${origin}/`) && !/^(data|blob|about|chrome)/.test(each));
// That a violation would have been seen, and a request as well.
await page.evaluate(() => {
  new Image().src = "http://localhost:9/planted.png";
  const script = document.createElement("script");
  script.textContent = "window.planted = true";
  document.head.append(script);
});
await page.waitForTimeout(500);
const planted = await page.evaluate(() => window.planted === true);

await context.close();
console.log(
  JSON.stringify({
    first,
    second,
    titles,
    address,
    kept: { ...kept, cookieJar: cookies },
    errors,
    outside,
    requests: requests.length,
    reports: reports.slice(0, violationsBefore),
    control: { reports: reports.length - violationsBefore, planted },
    asksForTheKeyAgain: !afterReload.includes(key.split("_")[2]),
  }),
);
