// The program in few files: node build/bundle.mjs, after tsc. The command line and every thread and child process begin at an entry below; what several of
// them or only one command need goes into chunks that are loaded then. dist/program has them; the entries that tsc made become one call that loads it, so
// that paths of entries (workers, bin) stay what they are in the sources. dist/src stays as tsc made it: the public interface and the tests use it.
// A start loads one file for some sixty, which is half of its time; what commands share would be in a hundred more, one for each set of commands, and
// is put together in layers. They are CommonJS, which bin/load.ts loads: Node's loader of ES modules takes 17 ms more of a start.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = path.join(root, "dist", "program");

/** Names in dist/program, and what tsc made of each in dist, both without ending. */
const ENTRIES = {
  fixelstream: "bin/fixelstream",
  "engine-worker": "src/engine/worker",
  "filter-worker": "src/engine/filter/worker",
  "elementwise-worker": "src/engine/elementwise/worker",
  "hdf5-worker": "src/formats/hdf5/worker",
  "connectivity-worker": "src/connectivity/generate/worker",
  "second-thread": "converters/second-thread-entry",
};

/** Packages that go into the program; others are loaded from node_modules when they are needed. */
const BUNDLED = ["@observablehq/plot", "commander", "ml-matrix", "p-limit", "yauzl"];

/** For who looks for a source: not loaded. */
const SOURCES = "sources.json";

/** Of 95 modules: in a file of its own, which most commands do not load. */
const ZOD = "zod.cjs";

/**
 * A module finds files from where it lies in dist/src (simd.wasm, fixtures, package.json), wherever its code went: all chunks lie in dist/program. Of commander
 * loads child_process, 6 ms of processor time, what starts commands that are programs of their own: we have none.
 */
const places = (layers) => ({
  name: "places",
  setup(bundling) {
    bundling.onResolve({ filter: /^layer:/ }, ({ path: name }) => ({ path: name, namespace: "layer" }));
    bundling.onLoad({ filter: /./, namespace: "layer" }, ({ path: name }) => {
      const { modules } = layers.find(({ example }) => `layer:${example}` === name);
      return { contents: modules.map((file) => `import ${JSON.stringify(`./${file}`)};\n`).join(""), resolveDir: root };
    });
    bundling.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      const own = path.relative(root, file).replace(/\.ts$/, ".js").split(path.sep).join("/");
      const source = readFileSync(file, "utf8");
      const here = `new URL(${JSON.stringify(`../${own}`)}, import.meta.url).href`;
      const isOfZod = own === "src/zod.js"; // required when it is needed, from the one file below
      const placed = isOfZod ? source.replace('("zod")', `("./${ZOD}")`) : source.replaceAll("import.meta.url", here);
      const start = path.relative(root, file).split(path.sep).join("/");
      const used = layers.filter(({ users }) => users.includes(start));
      return {
        contents: [placed, ...used.map(({ example }) => `import "layer:${example}";`)].join("\n"),
        loader: "ts",
      };
    });
    bundling.onLoad({ filter: /commander\/lib\/command\.js$/ }, ({ path: file }) => {
      const source = readFileSync(file, "utf8");
      const early = "const childProcess = require('node:child_process');";
      if (!source.includes(early)) throw new Error(`${file}: expected ${early}, got another version of commander`);
      const late = source.replace(early, "").replaceAll("childProcess.", "require('node:child_process').");
      return { contents: late, loader: "js" };
    });
    // as its sources are, of which what nobody uses is left out: a quarter of it stays
    bundling.onResolve({ filter: /^ml-matrix$/ }, ({ importer }) =>
      importer.includes("node_modules")
        ? undefined
        : { path: path.join(root, "node_modules/ml-matrix/src/index.js"), sideEffects: false },
    );
    bundling.onResolve({ filter: /^[^./]/ }, ({ path: name, kind, importer }) => {
      if (kind === "entry-point" || name.startsWith("node:") || importer.includes("node_modules")) return undefined;
      return BUNDLED.includes(name) ? undefined : { path: name, external: true };
    });
  },
});

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  metafile: true,
  logLevel: "warning",
};
const wholeProgram = {
  ...common,
  entryPoints: Object.entries(ENTRIES).map(([out, source]) => ({ out, in: `${source}.ts` })),
  outdir: program,
  chunkNames: "[name]-[hash]",
  splitting: true,
  format: "esm",
  write: false,
};

/** What stands for a layer: whoever needs some of it loads all of it, as one file. Named after a module that says what is in it, from below: what every start loads, what every command, what it takes, what it does. */
const LAYERS = [
  "src/cli/run-cli.ts",
  "src/cli/program.ts",
  "src/cli/commands/fixelcfestats.ts",
  "src/app/convert/convert.ts",
  "src/app/analyse/vectors.ts",
];
/** The only layer that threads load: the others are more than they need. */
const OF_THREADS = LAYERS[0];

const { metafile } = await build({ ...wholeProgram, plugins: [places([])] });
const ours = await build({ ...wholeProgram, plugins: [places(layersOf(metafile))] });
rmSync(path.join(program, "code"), { recursive: true, force: true }); // of files that are about to change (keep-code.mjs)
mkdirSync(program, { recursive: true });
for (const { path: file, text } of ours.outputFiles) writeFileSync(file, await asCommonJs(text));
writeFileSync(path.join(program, SOURCES), `${JSON.stringify(sourcesOf(ours.metafile), undefined, 1)}\n`);

/**
 * esbuild parts a program into chunks as ES modules only. What Node brings is read from its own objects whenever it is used (byte-names.ts changes them): of a whole
 * one esbuild would make a copy of getters.
 */
async function asCommonJs(text) {
  const plain = text
    .replace(/^#!.*\n/, "")
    .replace(/^import (\w+)(?:, (\{[^}]*\}))? from "(node:[^"]+)";$/gm, (_, whole, parts, name) =>
      [`const ${whole} = require("${name}");`, ...(parts ? [`import ${parts} from "${name}";`] : [])].join("\n"),
    )
    .replace(/\bimport\(("\.\/[^"]+\.js")\)/g, "Promise.resolve().then(() => require($1))")
    .replace(/(?<![\w.$])import\(/g, "__import(");
  const placed = plain.replaceAll("import.meta.url", "__place");
  const { code } = await transform(placed, { format: "cjs", platform: "node", target: common.target });
  return placed === plain ? code : `const __place = require("node:url").pathToFileURL(__filename).href;\n${code}`;
}

/** Which sources are in which file: the transform leaves out the comments that say it. */
function sourcesOf({ outputs }) {
  const found = Object.entries(outputs).map(([file, { inputs }]) => [path.basename(file), Object.keys(inputs)]);
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Modules of each layer, and the beginnings of commands that need some of them. A module that loads a package (koffi, h5wasm) is in none. */
function layersOf({ inputs, outputs }) {
  const staticallyOf = (start) => {
    const found = new Set([start]);
    for (const file of found)
      for (const { kind, path: next } of inputs[file]?.imports ?? []) if (kind !== "dynamic-import") found.add(next);
    return [...found];
  };
  const isOurs = (file) => file in inputs && !file.includes("node_modules/");
  const isAlone = (file) => staticallyOf(file).every((found) => found in inputs || found.startsWith("node:"));
  const starts = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []);
  const dynamic = starts.filter((start) => !Object.values(ENTRIES).some((entry) => start === `${entry}.ts`));
  const placed = new Set();
  return LAYERS.map((example) => {
    const modules = staticallyOf(example).filter((file) => isOurs(file) && !placed.has(file) && isAlone(file));
    for (const file of modules) placed.add(file);
    const needed = new Set(modules);
    const may = example === OF_THREADS ? starts : dynamic;
    return { example, modules, users: may.filter((start) => staticallyOf(start).some((file) => needed.has(file))) };
  });
}

/** Messages in English alone: the other languages are half of what there is to load, 30 ms of processor time. */
const inEnglish = {
  name: "in-english",
  setup(bundling) {
    bundling.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};
const zod = await build({
  ...common,
  stdin: { contents: 'export { z } from "zod";', resolveDir: root },
  plugins: [inEnglish],
  outfile: path.join(program, ZOD),
  format: "cjs",
});

// what runs in the page of a report, and how it looks
for (const [source, out] of [
  ["main.ts", "client.js"],
  ["page.css", "page.css"],
]) {
  await build({
    ...{ absWorkingDir: root, bundle: true, minify: true, platform: "browser", format: "iife", charset: "utf8" },
    ...{ entryPoints: [`src/report/client/${source}`], outfile: `dist/src/report/${out}`, logLevel: "warning" },
    target: "es2022",
  });
}

const made = new Set(
  [ours, zod].flatMap(({ metafile }) => Object.keys(metafile.outputs)).map((file) => path.basename(file)),
).add(SOURCES);
for (const name of readdirSync(program)) if (!made.has(name)) rmSync(path.join(program, name));
for (const [name, compiled] of Object.entries(ENTRIES)) {
  const file = path.join(root, "dist", `${compiled}.js`);
  const relative = path.relative(path.dirname(file), path.join(root, "dist/bin/load.js")).split(path.sep).join("/");
  const load = JSON.stringify(relative.startsWith(".") ? relative : `./${relative}`);
  const start = `load(${JSON.stringify(`${name}.js`)});\n`;
  writeFileSync(
    file,
    name === "fixelstream"
      ? `#!/usr/bin/env node\nconst { load } = require(${load});\n\n${start}`
      : `import { load } from ${load};\n\n${start}`,
  );
}
await build({
  ...common,
  entryPoints: ["bin/load.ts"],
  outfile: "dist/bin/load.js",
  format: "cjs",
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
});
// both of dist/bin keep the names that tsc gave them
writeFileSync(path.join(root, "dist/bin/package.json"), '{ "type": "commonjs" }\n');
writeFileSync(path.join(program, "LICENSES.txt"), licences());

/** Of the packages whose code is in the program, as they ask for. */
function licences() {
  const found = [ours, zod]
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .flatMap((file) => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  const require = createRequire(import.meta.url);
  return [...new Set(found)]
    .sort()
    .map((name) => {
      const folder = path.join(root, "node_modules", name);
      const { version, license } = require(path.join(folder, "package.json"));
      const text = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
      return `${name} ${version} (${license})\n\n${text === undefined ? "" : readFileSync(path.join(folder, text), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
