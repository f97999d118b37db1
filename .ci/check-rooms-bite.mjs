// Proves that `npm run rooms` would notice: in a copy of the sources, plants one wrong import for every rule of
// .dependency-cruiser.mjs and expects each to be reported by its rule. That nothing is reported without them, `npm run rooms` says.
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../.dependency-cruiser.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const COPIED = ["src", "bin", "converters", "test", "package.json", "tsconfig.json", ".dependency-cruiser.mjs"];

/** file, what it imports, the rule that must report it. A file that exists is added to. */
const PLANTED = [
  ["src/stats/planted.ts", "node:fs", "stats-imports-no-node"],
  ["src/stats/planted.ts", "node:fs", "fs-only-in"],
  ["src/stats/planted.ts", "../cli/program.js", "stats-imports-its-own-rooms-only"],
  ["src/stats/planted.ts", "../kernels/choose-kernels.js", "stats-imports-its-own-rooms-only"],
  ["src/stats/functions/planted.ts", "../glm/z-transform.js", "stats-functions-are-leaves"],
  ["src/kernels/planted.ts", "../errors.js", "kernels-imports-its-own-rooms-only"],
  ["src/kernels/planted.ts", "node:fs", "kernels-import-no-node"],
  ["src/kernels/choose-kernels.ts", "node:os", "choose-kernels-reads-one-file"],
  ["src/engine/planted.ts", "../formats/image.js", "engine-imports-its-own-rooms-only"],
  ["src/engine/planted.ts", "../results/run-record.js", "engine-imports-its-own-rooms-only"],
  ["src/engine/planted.ts", "node:fs/promises", "fs-only-in"],
  ["src/run/planted.ts", "../engine/run.js", "run-imports-its-own-rooms-only"],
  ["src/engine/plan/planted.ts", "../threads/pool.js", "engine-plan-stands-alone"],
  ["src/engine/plan/planted.ts", "node:os", "engine-plan-is-pure"],
  ["src/engine/glm/planted.ts", "../sinks/bins.js", "engine-glm-stands-alone"],
  ["src/engine/sinks/planted.ts", "../enhance/cfe.js", "engine-sinks-stands-alone"],
  ["src/engine/enhance/planted.ts", "../reduce/maxima.js", "engine-enhance-stands-alone"],
  ["src/engine/reduce/planted.ts", "../runner.js", "engine-reduce-stands-alone"],
  ["src/engine/search/planted.ts", "../runner.js", "engine-search-stands-alone"],
  ["src/engine/filter/planted.ts", "../glm/panels.js", "engine-filter-stands-alone"],
  ["src/engine/elementwise/planted.ts", "../glm/panels.js", "engine-elementwise-stands-alone"],
  ["src/engine/threads/planted.ts", "../glm/panels.js", "engine-threads-stands-alone"],
  ["src/engine/threads/planted.ts", "../../stats/glm/observed.js", "engine-threads-import-no-mathematics"],
  ["src/engine/planted.ts", "node:worker_threads", "worker-threads-only-in-engine"],
  ["src/store/planted.ts", "../stats/glm/observed.js", "store-imports-its-own-rooms-only"],
  ["src/connectivity/planted.ts", "../engine/plan/job.js", "connectivity-imports-its-own-rooms-only"],
  ["src/formats/planted.ts", "../store/open-store.js", "formats-imports-its-own-rooms-only"],
  ["src/mapping/planted.ts", "../formats/image.js", "mapping-imports-its-own-rooms-only"],
  ["src/publish/planted.ts", "../store/open-store.js", "publish-imports-its-own-rooms-only"],
  ["src/results/planted.ts", "../engine/run.js", "results-imports-its-own-rooms-only"],
  ["src/report/planted.ts", "../formats/image.js", "report-imports-its-own-rooms-only"],
  ["src/app/planted.ts", "@observablehq/plot", "@observablehq/plot-only-in-its-room"],
  ["src/cli/planted.ts", "../stats/glm/observed.js", "cli-imports-its-own-rooms-only"],
  ["src/cli/planted.ts", "../app/analyse/fixels.js", "commands-load-what-they-run"],
  ["src/app/planted.ts", "../cli/program.js", "app-imports-its-own-rooms-only"],
  ["src/app/inputs/planted.ts", "../analyse/options.js", "app-inputs-stands-alone"],
  ["src/app/analyse/planted.ts", "../export/export.js", "app-analyse-stands-alone"],
  ["src/app/connectivity/planted.ts", "../analyse/options.js", "app-connectivity-stands-alone"],
  ["src/app/convert/planted.ts", "../analyse/analyse.js", "app-convert-stands-alone"],
  ["src/app/filter/planted.ts", "../convert/convert.js", "app-filter-stands-alone"],
  ["src/app/models/planted.ts", "../analyse/analyse.js", "app-models-stands-alone"],
  ["src/app/export/planted.ts", "../analyse/analyse.js", "app-export-stands-alone"],
  ["src/app/inspect/planted.ts", "../convert/convert.js", "app-inspect-stands-alone"],
  ["src/app/verify/planted.ts", "../convert/convert.js", "app-verify-stands-alone"],
  ["src/app/cache/planted.ts", "../inputs/cached-input.js", "app-cache-stands-alone"],
  ["src/app/design/planted.ts", "../analyse/options.js", "app-design-stands-alone"],
  ["src/app/report/planted.ts", "../analyse/options.js", "app-report-stands-alone"],
  ["src/app/demo/planted.ts", "../inspect/doctor.js", "app-demo-stands-alone"],
  ["src/app/joint/planted.ts", "../analyse/options.js", "app-joint-stands-alone"],
  ["src/app/shards/planted.ts", "../inputs/cached-input.js", "app-shards-stands-alone"],
  ["src/app/p-values/planted.ts", "../analyse/kinds.js", "app-p-values-stands-alone"],
  ["src/index.ts", "./engine/run.js", "public-interface-imports-its-own-rooms-only"],
  ["src/warnings.ts", "./mapping/policy.js", "base-imports-its-own-rooms-only"],
  ["bin/planted.ts", "../src/app/analyse/kinds.js", "bin-imports-its-own-rooms-only"],
  ["converters/planted.ts", "../src/engine/run.js", "converters-imports-its-own-rooms-only"],
  ["src/app/planted.ts", "commander", "commander-only-in-cli"],
  ["src/app/planted.ts", "cli-progress", "cli-progress-only-in-its-room"],
  ["src/app/planted.ts", "koffi", "koffi-only-in-its-room"],
  ["src/app/planted.ts", "zod", "zod-through-one-door"],
  ["src/app/planted.ts", "h5wasm", "h5wasm-only-in-its-room"],
  ["src/app/planted.ts", "ml-matrix", "ml-matrix-only-in-its-room"],
  ["src/app/planted.ts", "fast-check", "no-dev-package-in-program"],
  ["src/app/planted.ts", "node:worker_threads", "worker-threads-only-in-engine"],
  ["src/app/planted.ts", "../../test/support/make-store.js", "no-dep-on-test"],
  ["src/app/planted.ts", "./nowhere.js", "not-to-unresolvable"],
  // a circle is reported once, for one of its files
  ["src/app/planted.ts", "./planted-round.js", undefined],
  ["src/app/planted-round.ts", "./planted.js", "no-circular"],
  ["src/app/planted-orphan.ts", undefined, "no-orphans"],
  ["test/app/planted.test.ts", "./planted-too.test.js", "tests-do-not-import-tests"],
  ["test/app/planted-too.test.ts", undefined, undefined],
  ["test/support/oracle-planted.ts", "../../src/stats/glm/observed.js", "statements-are-independent"],
];

/** Modules cruised, and the violations of `severity` "error" as "rule: file". */
function cruise(directory) {
  const binary = join(ROOT, "node_modules/.bin/depcruise");
  const rooms = ["src", "bin", "converters", "test"];
  const args = ["--config", ".dependency-cruiser.mjs", "--output-type", "json", ...rooms];
  const run = spawnSync(binary, args, { cwd: directory, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (run.error) throw run.error;
  if (!run.stdout.startsWith("{")) throw new Error(`dependency-cruiser gave no result: ${run.stderr || run.stdout}`);
  const { summary } = JSON.parse(run.stdout);
  const errors = summary.violations.filter(({ rule }) => rule.severity === "error");
  return { nModules: summary.totalCruised, found: errors.map(({ rule, from }) => `${rule.name}: ${from}`) };
}

const problems = [];
const copy = mkdtempSync(join(tmpdir(), "fixelstream-rooms-"));
try {
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  for (const [file, imported] of PLANTED) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    appendFileSync(join(copy, file), imported === undefined ? "export {};\n" : `import "${imported}";\n`);
  }
  const planted = cruise(copy);
  if (!(planted.nModules > 100)) problems.push(`expected more than 100 modules, ${planted.nModules} were cruised`);
  const names = new Set(PLANTED.map(([file]) => file));
  for (const violation of planted.found) {
    if (!names.has(violation.slice(violation.indexOf(": ") + 2)))
      problems.push(`reported of what was not planted: ${violation}`);
  }
  for (const [file, imported, rule] of PLANTED) {
    if (rule === undefined || planted.found.includes(`${rule}: ${file}`)) continue;
    problems.push(`${file} imports ${imported} and rule ${rule} says nothing`);
  }
  const tried = new Set(PLANTED.map(([, , rule]) => rule));
  for (const { name, severity } of config.forbidden) {
    if (severity === "error" && !tried.has(name)) problems.push(`nothing is planted for rule ${name}`);
  }
  process.stdout.write(
    `${planted.nModules} modules, ${config.forbidden.length} rules, ${PLANTED.length} imports planted, ${problems.length} problems\n`,
  );
} finally {
  rmSync(copy, { recursive: true, force: true });
}
for (const problem of problems) process.stderr.write(`rooms: ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
