// The command line in this process, with streams of our own: for messages and exit codes. Signals and pipes need a child: run-cli.ts.
import { Writable } from "node:stream";
import { runCli } from "../../src/cli/program.js";

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

export async function runInProcess(tokens: readonly string[], signal?: AbortSignal): Promise<InProcessResult> {
  const stdout = createSink();
  const stderr = createSink();
  const command = ["fixelstream", ...tokens].join(" ");
  const status = await runCli(tokens, { stdout: stdout.stream, stderr: stderr.stream, command, signal });
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}
