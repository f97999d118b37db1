// "<passed> <failed>" of vitest's results file. usage: count-results.mjs <file> <exit code of the command> <the command>
// What vitest cannot count still fails: no file, a test file that could not be loaded, no test at all, an exit code without a failed test.
import { readFileSync } from "node:fs";

const [file, exitCode, command = "the command"] = process.argv.slice(2);
const say = (text) => process.stderr.write(`${text}\n`);

function readResults() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

const results = readResults();
const tests = (results?.testResults ?? []).flatMap(({ assertionResults }) => assertionResults);
const count = (status) => tests.filter((test) => test.status === status).length;
const passed = count("passed");
let failed = count("failed");
for (const { name, status, assertionResults } of results?.testResults ?? []) {
  if (status !== "failed" || assertionResults.some((test) => test.status === "failed")) continue;
  say(`${name} failed outside its tests`);
  failed++;
}
if (results === undefined) say(`${command} left no results: it ended before the tests did`);
else if (passed + failed === 0) say("no test was run");
else say(`${passed} tests passed, ${failed} failed, ${tests.length - passed - count("failed")} skipped`);
if (failed === 0 && (passed === 0 || exitCode !== "0")) failed = 1;
process.stdout.write(`${passed} ${failed}\n`);
