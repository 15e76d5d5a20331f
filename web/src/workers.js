// Monaco's workers, each a script of our own: no blob and no other host, so that the policy of the page holds.
// The names are those that build.mjs gave to the bundled files.
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = { json: WORKERS.json, graphql: WORKERS.graphql }[label] ?? WORKERS.editor;
    return new Worker(new URL(name, import.meta.url), { name: label });
  },
};
