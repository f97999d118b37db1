#!/usr/bin/env node
import { runProcess } from "../src/cli/run-cli.js";

process.exitCode = await runProcess(process.argv.slice(2));
