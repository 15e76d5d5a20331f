// A headless Chromium with a profile of its own that knows no host but this machine.
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-features=OptimizationHints,MediaRouter,Translate",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

export async function openBrowser(executablePath, profile) {
  return chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ARGUMENTS,
    viewport: { width: 1400, height: 900 },
  });
}

/** What a page does that its policy forbids, told by the page itself, by the browser's issues and by its console. */
export async function watchPolicy(context, page) {
  const reports = [];
  await page.exposeFunction("reportViolation", (text) => reports.push(`event: ${text}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  const session = await context.newCDPSession(page);
  await session.send("Audits.enable");
  session.on("Audits.issueAdded", ({ issue }) => {
    if (issue.code === "ContentSecurityPolicyIssue") {
      reports.push(`issue: ${JSON.stringify(issue.details.contentSecurityPolicyIssueDetails)}`);
    }
  });
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) {
      reports.push(`console: ${message.text()}`);
    }
  });
  return reports;
}
