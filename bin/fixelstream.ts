#!/usr/bin/env node
import { runProcess } from "../src/cli/program.js";

process.exitCode = await runProcess(process.argv.slice(2));
