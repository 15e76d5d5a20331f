// The page: a bar that holds the API key, and GraphiQL below it.
//
// The key is typed into the bar, is in memory only and never stored. In the profile development it may also come in the
// fragment of the address (#key=spd_…), as the demo prints it: a browser never sends that to a server, and it is moved
// to memory and out of the address bar before anything else happens, but a browser's history has seen it.
import { GraphiQL } from "graphiql";
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { StrictMode, useCallback, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

import { forgetfulStorage } from "./storage.js";
import "./workers.js";
import "graphiql/style.css";
import "./page.css";

const root = document.getElementById("graphiql");
const { endpoint, tabs: tabsAddress } = root.dataset;
const takesKeyFromAddress = "takesKey" in root.dataset;
const storage = forgetfulStorage();

const FIRST_QUERY = `# What each account owns, and what it may spend now.
query Accounts {
  accounts(first: 25) {
    nodes {
      name
      currency
      balance {
        ledger { amount }
        maturing { amount }
        held { amount }
        spendable { amount }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

function takeKeyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (location.hash) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return takesKeyFromAddress ? key : null;
}

/** The part of a key that is no secret: spd_<live|test>_<id>. */
function publicPart(key) {
  return key.split("_").slice(0, 3).join("_");
}

function inQuotes(value) {
  return JSON.stringify(value).slice(0, 200);
}

async function ask(body, headers, key, signal) {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...headers,
    },
    body: JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    signal,
  });
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `The server answered ${answer.status} with ${inQuotes(text)}.` }] };
  }
}

async function readTabs() {
  try {
    const answer = await fetch(tabsAddress, { credentials: "omit" });
    return answer.ok ? await answer.json() : [];
  } catch {
    return [];
  }
}

/** Asks for the schema again when the key changes, and runs the first query once, when there is a key to run it with. */
function FirstAnswer({ apiKey }) {
  const { introspect, run } = useGraphiQLActions();
  const schema = useGraphiQL((state) => state.schema);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const responseEditor = useGraphiQL((state) => state.responseEditor);
  const introspected = useRef(apiKey);
  const done = useRef(false);

  useEffect(() => {
    if (introspected.current !== apiKey) {
      introspected.current = apiKey;
      introspect();
    }
  }, [apiKey, introspect]);

  useEffect(() => {
    if (done.current || !apiKey || !schema || !queryEditor || !responseEditor) {
      return;
    }
    done.current = true;
    if (queryEditor.getValue() === FIRST_QUERY) {
      run();
    }
  }, [apiKey, schema, queryEditor, responseEditor, run]);

  return null;
}

function KeyForm({ onKey }) {
  const submit = (event) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get("key").trim();
    if (key) {
      onKey(key);
    }
  };
  return (
    <form className="key" onSubmit={submit}>
      <label htmlFor="key">API key</label>
      <input
        id="key"
        name="key"
        type="password"
        placeholder="spd_test_…"
        autoComplete="off"
        spellCheck="false"
        required
      />
      <button type="submit">Use</button>
    </form>
  );
}

function Page({ defaultTabs, firstKey }) {
  const [apiKey, setApiKey] = useState(firstKey);
  const current = useRef(apiKey);
  current.current = apiKey;

  useEffect(() => {
    const onHashChange = () => {
      const key = takeKeyFromAddress();
      if (key) {
        setApiKey(key);
      }
    };
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, []);

  const fetcher = useCallback(
    (body, options) => ask(body, options?.headers, current.current, options?.signal),
    [],
  );

  return (
    <div className="page">
      <header className="bar">
        <h1>Spendable</h1>
        {apiKey ? (
          <p className="key">
            <span>
              Key <code>{publicPart(apiKey)}</code>
            </span>
            <button type="button" onClick={() => setApiKey(null)}>
              Forget
            </button>
          </p>
        ) : (
          <KeyForm onKey={setApiKey} />
        )}
      </header>
      <main>
        <GraphiQL
          fetcher={fetcher}
          defaultTabs={defaultTabs}
          defaultQuery={FIRST_QUERY}
          defaultEditorToolsVisibility={false}
          inputValueDeprecation
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
          storage={storage}
        >
          <GraphiQL.Logo>
            <span className="graphiql-logo-link">GraphiQL</span>
          </GraphiQL.Logo>
          <FirstAnswer apiKey={apiKey} />
        </GraphiQL>
      </main>
    </div>
  );
}

const firstKey = takeKeyFromAddress();
const examples = await readTabs();
const defaultTabs = [
  { query: FIRST_QUERY },
  ...examples.map(({ title, query, variables }) => ({
    query: `# ${title}\n${query}`,
    variables: variables ? JSON.stringify(variables, null, 2) : null,
  })),
];

createRoot(root).render(
  <StrictMode>
    <Page defaultTabs={defaultTabs} firstKey={firstKey} />
  </StrictMode>,
);
