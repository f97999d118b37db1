// Progress on stderr: a bar on a terminal, a line a minute otherwise, nothing with -quiet.
import { MultiBar, Presets } from "cli-progress";
import { formatBytes, formatDuration } from "../../units.js";

export interface ProgressListener {
  /** share 0..1 of the phase. */
  update(phase: string, share: number): void;
  stop(): void;
}

/** Milliseconds between lines where stderr is a file. */
const LINE_INTERVAL_MS = 60_000;

export function createProgress(stderr: NodeJS.WriteStream, quiet: boolean): ProgressListener {
  if (quiet) return { update() {}, stop() {} };
  return stderr.isTTY ? createBars(stderr) : createLines(stderr);
}

function createBars(stderr: NodeJS.WriteStream): ProgressListener {
  const format = "{phase} [{bar}] {percentage}%  {eta} left  {memory}";
  const bars = new MultiBar({ stream: stderr, format, hideCursor: true, fps: 5 }, Presets.rect);
  let current: { phase: string; start: number; bar: ReturnType<MultiBar["create"]> } | undefined;
  return {
    update(phase, share) {
      if (current?.phase !== phase) {
        current?.bar.update(1000);
        current = {
          phase,
          start: performance.now(),
          bar: bars.create(1000, 0, { phase: phase.padEnd(12), eta: "", memory: "" }),
        };
      }
      const elapsed = performance.now() - current.start;
      const eta = share > 0.001 ? formatDuration((elapsed * (1 - share)) / share) : "?";
      current.bar.update(Math.round(share * 1000), {
        eta,
        memory: `${formatBytes(process.memoryUsage.rss())} resident`,
      });
    },
    stop() {
      current?.bar.update(1000, { eta: "0 s" });
      bars.stop();
    },
  };
}

function createLines(stderr: NodeJS.WriteStream): ProgressListener {
  const start = performance.now();
  let last = start;
  return {
    update(phase, share) {
      const now = performance.now();
      if (now - last < LINE_INTERVAL_MS) return;
      last = now;
      const memory = formatBytes(process.memoryUsage.rss());
      stderr.write(
        `${phase}: ${Math.round(share * 100)} %, ${formatDuration(now - start)} so far, ${memory} resident\n`,
      );
    },
    stop() {},
  };
}
