#!/usr/bin/env node
import { runCli } from "../src/cli/program.js";

const tokens = process.argv.slice(2);
const quoted = tokens.map((token) => (/^[\w@%+=:,./-]+$/.test(token) ? token : `'${token.replaceAll("'", "'\\''")}'`));
process.exitCode = await runCli(tokens, {
  stdout: process.stdout,
  stderr: process.stderr,
  command: ["fixelstream", ...quoted].join(" "),
});
