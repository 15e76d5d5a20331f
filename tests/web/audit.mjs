// Runs every server audit of graphql-http against an address, as the bearer of a key, and prints what each came to:
// node audit.mjs URL KEY
import { serverAudits } from "graphql-http";

const [url, key] = process.argv.slice(2);

const audits = serverAudits({
  url,
  fetchFn: (address, options = {}) =>
    fetch(address, { ...options, headers: { ...options.headers, authorization: `Bearer ${key}` } }),
});
const results = [];
for (const audit of audits) {
  const { id, name, status, reason } = await audit.fn();
  results.push({ id, name, status, reason });
}
console.log(JSON.stringify(results));
