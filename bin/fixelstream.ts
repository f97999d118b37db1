#!/usr/bin/env node
import { runProcess } from "../src/cli/run-cli.js";

void runProcess(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
