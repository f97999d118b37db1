// npm run bench -- [--quick] [--only PATTERN] [--json] [--write] [--compare] [--dir DIRECTORY]
//
// Builds nothing itself (the npm script does). Runs the cases of cases.mjs one after the other; a wrong answer ends with 1.
//   --quick   smaller cases, under two minutes        --only   cases whose "group: name" matches the regular expression
//   --json    one object a case on standard output     --write  docs/benchmarks.md from this run (with --only: its sections); its ratios go to the end of history.jsonl
//   --compare   ratios beside those of the last run in history.jsonl; one that is worse by more than the drift of a machine ends with 1
//   --dir     where inputs are made and kept (default: fixelstream-bench in the system's temporary directory)
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CASES } from "./cases.mjs";
import { createContext } from "./tools/context.mjs";
import { asLines, commitOf, compare, entriesOf, printComparison, readHistory } from "./tools/history.mjs";
import { describeMachine, machineOf, markdown, printCase, printTimes } from "./tools/report.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    compare: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    dir: { type: "string", default: join(tmpdir(), "fixelstream-bench") },
  },
});

/** Characters: it goes into the page. */
const LONGEST_REASON = 500;

async function runCase(context, { group, name, needs, run }) {
  const start = performance.now();
  const result = await runFully(context, { group, name, needs, run });
  return { ...result, seconds: Math.round((performance.now() - start) / 100) / 10 };
}

async function runFully(context, { group, name, needs, run }) {
  const head = { group, name };
  if (needs !== undefined && !context.isThere(needs))
    return { ...head, figures: [], skipped: `${needs} is not installed` };
  try {
    return { ...head, ...(await run(context)) };
  } catch (error) {
    return { ...head, figures: [], skipped: `FAILED: ${error.message.slice(0, LONGEST_REASON)}`, failed: true };
  }
}

async function main() {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  const mode = options.quick ? "quick" : "full";
  const machine = machineOf();
  const context = createContext({ mode, dir });
  const pattern = new RegExp(options.only);
  const chosen = CASES.filter((c) => (c.quick || !options.quick) && pattern.test(`${c.group}: ${c.name}`));
  if (!options.json) console.log(`${describeMachine(machine)}; inputs in ${dir}`);
  const results = [];
  for (const one of chosen) {
    const result = await runCase(context, one);
    results.push(result);
    if (options.json) console.log(JSON.stringify({ ...result, mode, machine }));
    else printCase(result);
  }
  if (!options.json) printTimes(results);
  const history = new URL("./history.jsonl", import.meta.url);
  const entries = entriesOf(results, machine, mode, commitOf(dirname(fileURLToPath(import.meta.url))));
  if (options.compare) {
    const compared = compare(entries, readHistory(history));
    if (options.json) console.log(JSON.stringify({ compared }));
    else printComparison(compared);
    if (compared.some(({ slower }) => slower)) process.exitCode = 1;
  }
  if (options.write) {
    appendFileSync(history, asLines(entries));
    const page = new URL("../../docs/benchmarks.md", import.meta.url);
    const earlier = options.only === "" ? "" : readFileSync(page, "utf8");
    writeFileSync(page, markdown(results, machine, mode, earlier));
  }
  if (results.some((result) => result.failed)) process.exitCode = 1;
}

await main();
