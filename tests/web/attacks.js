// What a hostile page tries. Each try answers with what it could read, or with why it could not: "refused" where the
// browser would not, "opaque" where something was sent of which nothing can be seen.
window.attack = async (url, key) => {
  const graphql = `${url}/graphql`;
  const read = "{ accounts(first: 5) { nodes { externalId balance { ledger { amount } } } } }";
  const move = (name) =>
    `mutation { transfer(input: { idempotencyKey: "hostile-${name}", from: { externalId: "alice" }, ` +
    `to: { externalId: "bob" }, amount: { amount: "1.00", currency: "USD" } }) { rejection { code } } }`;
  const json = "application/json";
  const bearer = { authorization: `Bearer ${key}` };

  const fetched = async (address, options) => {
    try {
      const response = await fetch(address, { cache: "no-store", ...options });
      return response.type === "opaque" ? "opaque" : `read ${response.status} ${(await response.text()).slice(0, 200)}`;
    } catch {
      return "refused";
    }
  };
  const post = (query, headers, options = {}) =>
    fetched(graphql, { method: "POST", headers, body: JSON.stringify({ query }), ...options });
  const get = (query) => `${graphql}?query=${encodeURIComponent(query)}`;

  const loaded = (tag, attributes) =>
    new Promise((told) => {
      const element = document.createElement(tag);
      element.onload = () => told("loaded");
      element.onerror = () => told("refused");
      Object.assign(element, attributes);
      document.head.append(element);
    });
  const framed = (address) =>
    new Promise((told) => {
      const frame = document.createElement("iframe");
      frame.onload = () => {
        try {
          told(frame.contentDocument ? `read ${frame.contentDocument.documentElement.outerHTML.slice(0, 200)}` : "refused");
        } catch {
          told("refused");
        }
      };
      frame.src = address;
      document.body.append(frame);
    });
  const submitted = (action, method, enctype, fields) =>
    new Promise((told) => {
      const frame = document.createElement("iframe");
      frame.name = `target-${Math.random()}`;
      document.body.append(frame);
      const form = document.createElement("form");
      Object.assign(form, { action, method, enctype, target: frame.name });
      for (const [name, value] of fields) {
        const input = document.createElement("input");
        Object.assign(input, { type: "hidden", name, value });
        form.append(input);
      }
      document.body.append(form);
      frame.onload = () => {
        try {
          told(frame.contentDocument?.URL === "about:blank" ? "opaque" : frame.contentDocument ? "read" : "opaque");
        } catch {
          told("opaque");
        }
      };
      form.submit();
    });
  const socket = (protocol) =>
    new Promise((told) => {
      const made = new WebSocket(graphql.replace("http", "ws"), protocol);
      made.onopen = () => told("read: a socket is open");
      made.onerror = () => told("refused");
    });
  const stream = () =>
    new Promise((told) => {
      const made = new EventSource(get(read), { withCredentials: true });
      made.onmessage = (event) => told(`read ${event.data}`);
      made.onerror = () => {
        made.close();
        told("refused");
      };
    });
  const opened = async (address) => {
    const other = window.open(address);
    await new Promise((wait) => setTimeout(wait, 1_500));
    try {
      return other && !other.closed && other.document ? `read ${other.document.documentElement.outerHTML.slice(0, 99)}` : "refused";
    } catch {
      return "refused";
    } finally {
      other?.close();
    }
  };
  // A body of JSON, written by a form that knows only name=value.
  const halves = (name) => [JSON.stringify({ query: move(name), x: "" }).slice(0, -2), '"}'];

  const tries = {};
  const attempt = async (name, what) => {
    tries[name] = await what;
  };
  await attempt("fetch GET", fetched(get(read)));
  await attempt("fetch GET with credentials", fetched(get(read), { credentials: "include" }));
  await attempt("fetch GET with the key", fetched(get(read), { headers: bearer }));
  await attempt("fetch GET with a mutation", fetched(get(move("get"))));
  await attempt("fetch GET with a mutation and the key", fetched(get(move("get-key")), { headers: bearer }));
  await attempt("fetch GET without cors", fetched(get(read), { mode: "no-cors", credentials: "include" }));
  await attempt("fetch POST", post(move("post"), { "content-type": json }));
  await attempt("fetch POST with credentials", post(move("cookie"), { "content-type": json }, { credentials: "include" }));
  await attempt("fetch POST with the key", post(move("key"), { "content-type": json, ...bearer }));
  await attempt("fetch POST to read with the key", post(read, { "content-type": json, ...bearer }));
  await attempt("fetch POST without cors", post(move("opaque"), { "content-type": json, ...bearer }, { mode: "no-cors" }));
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    await attempt(`fetch POST of ${type}`, post(move(type), { "content-type": type }, { credentials: "include" }));
    await attempt(`fetch POST of ${type} without cors`, post(move(type), { "content-type": type }, { mode: "no-cors" }));
  }
  await attempt("fetch POST without a type", post(move("no-type"), {}));
  await attempt("beacon", navigator.sendBeacon(graphql, JSON.stringify({ query: move("beacon") })) ? "opaque" : "refused");
  const blob = new Blob([JSON.stringify({ query: move("blob") })], { type: json });
  await attempt("beacon of JSON", navigator.sendBeacon(graphql, blob) ? "opaque" : "refused");
  await attempt("form of fields", submitted(graphql, "post", "application/x-www-form-urlencoded", [["query", move("form")]]));
  await attempt("form of parts", submitted(graphql, "post", "multipart/form-data", [["query", move("parts")]]));
  await attempt("form of text that is JSON", submitted(graphql, "post", "text/plain", [halves("text")]));
  await attempt("form by GET", submitted(graphql, "get", "application/x-www-form-urlencoded", [["query", move("form-get")]]));
  await attempt("iframe of GraphiQL", framed(`${url}/graphiql`));
  await attempt("iframe of an answer", framed(get(read)));
  await attempt("window of GraphiQL", opened(`${url}/graphiql`));
  await attempt("window of a mutation", opened(get(move("window"))));
  await attempt("socket", socket());
  await attempt("socket of GraphQL", socket("graphql-transport-ws"));
  await attempt("stream", stream());
  await attempt("image", loaded("img", { src: get(move("image")) }));
  await attempt("script", loaded("script", { src: get(read) }));
  await attempt("style sheet", loaded("link", { rel: "stylesheet", href: get(read) }));
  await attempt("script of the tabs", loaded("script", { src: `${url}/graphiql/tabs.json` }));
  await attempt("fetch of the tabs", fetched(`${url}/graphiql/tabs.json`));
  await attempt("fetch of the page", fetched(`${url}/graphiql`));
  await attempt("fetch of health", fetched(`${url}/readyz`));
  return tries;
};
