// Bundles GraphiQL into app/http/static/graphiql: a static page, assets whose names change with their contents, and a
// manifest that is written last, so that a bundle with a manifest is whole.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "..", "app", "http", "static", "graphiql");
const assets = join(out, "assets");

const shared = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  define: { "process.env.NODE_ENV": '"production"' },
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  legalComments: "external",
  loader: { ".ttf": "file" },
  logLevel: "warning",
  metafile: true,
  minify: true,
  outdir: assets,
  target: "es2022",
};

/** The name of the file that was made of each entry point, by the entry's own name. */
function outputs({ metafile }) {
  return Object.fromEntries(
    Object.entries(metafile.outputs)
      .filter(([, { entryPoint }]) => entryPoint)
      .map(([path, { entryPoint }]) => [basename(entryPoint), { script: basename(path), path }]),
  );
}

await rm(out, { recursive: true, force: true });
await mkdir(assets, { recursive: true });

// A worker is a script of its own and shares nothing with the page.
const workers = outputs(
  await build({
    ...shared,
    format: "iife",
    entryPoints: [
      "monaco-editor/esm/vs/editor/editor.worker.js",
      "monaco-editor/esm/vs/language/json/json.worker.js",
      "monaco-graphql/esm/graphql.worker.js",
    ],
  }),
);

const page = await build({
  ...shared,
  format: "esm",
  splitting: true,
  jsx: "automatic",
  define: {
    ...shared.define,
    WORKERS: JSON.stringify({
      editor: workers["editor.worker.js"].script,
      json: workers["json.worker.js"].script,
      graphql: workers["graphql.worker.js"].script,
    }),
  },
  entryPoints: ["src/main.jsx"],
});
const main = outputs(page)["main.jsx"];
const style = basename(page.metafile.outputs[main.path].cssBundle);

const html = (await readFile(join(here, "src", "index.html"), "utf8"))
  .replace("{{script}}", main.script)
  .replace("{{style}}", style);
await writeFile(join(out, "index.html"), html);
await writeFile(
  join(out, "manifest.json"),
  `${JSON.stringify({ assets: (await readdir(assets)).sort() }, null, 2)}\n`,
);
