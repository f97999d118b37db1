// The command line in this process, with streams of our own: for messages and exit codes. Signals and pipes need a child: run-cli.ts.
import { Writable } from "node:stream";
import { runCli } from "../../src/cli/run-cli.js";

export interface InProcessResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function createSink(): { stream: NodeJS.WriteStream; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => chunks.join("") };
}

/** Makes a report of its results, unless it is told not to. */
const REPORTING: ReadonlySet<string> = new Set([
  "fixelcfestats",
  "vectorstats",
  "mrclusterstats",
  "connectomestats",
  "merge",
  "lm",
  "gam",
  "joint",
]);

/** `fixelstream ...tokens`, but without the page of the results unless `--report` asks for it: it takes longer to draw than a small run itself. */
export function runInProcess(tokens: readonly string[], signal?: AbortSignal): Promise<InProcessResult> {
  const [command, ...rest] = tokens;
  if (command === undefined || !REPORTING.has(command) || tokens.includes("--report"))
    return run(tokens, tokens, signal);
  return run([command, "--no-report", ...rest], tokens, signal);
}

/** As runInProcess, but in that working directory, as a line with relative paths wants it. One at a time. */
export async function runInDirectory(tokens: readonly string[], directory: string): Promise<InProcessResult> {
  const home = process.cwd();
  process.chdir(directory);
  try {
    return await runInProcess(tokens);
  } finally {
    process.chdir(home);
  }
}

/** `fixelstream ...tokens` and nothing else. */
export const runWithReport = (tokens: readonly string[], signal?: AbortSignal): Promise<InProcessResult> =>
  run(tokens, tokens, signal);

/** `typed`: what the record of the run says of its command line. */
async function run(
  tokens: readonly string[],
  typed: readonly string[],
  signal: AbortSignal | undefined,
): Promise<InProcessResult> {
  const stdout = createSink();
  const stderr = createSink();
  const command = ["fixelstream", ...typed].join(" ");
  const status = await runCli(tokens, { stdout: stdout.stream, stderr: stderr.stream, command, signal });
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}
