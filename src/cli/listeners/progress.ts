// Progress on stderr: a bar on a terminal, a line a minute otherwise, one JSON value a line for machines, nothing with -quiet.
import { createRequire } from "node:module";
import type { MultiBar as Bars, GenericFormatter } from "cli-progress";
import { formatBytes, formatDuration } from "../../units.js";
import { paintMessage } from "../colour.js";
import type { ProgressForm } from "../options/standard.js";
import { say } from "../print.js";
import { showControls } from "../show-controls.js";

export interface ProgressListener {
  /** share 0..1 of the phase. */
  update(phase: string, share: number): void;
  /** A line that must not be torn by the bar. */
  write(text: string): void;
  stop(): void;
}

export interface ProgressChoice {
  readonly quiet?: boolean;
  readonly progress?: ProgressForm;
}

/** Milliseconds between lines where stderr is a file. */
const LINE_INTERVAL_MS = 60_000;
/** Milliseconds between two drawings of a bar. */
const BAR_INTERVAL_MS = 200;
/** Milliseconds between JSON lines: enough for a plot of memory. */
const JSON_INTERVAL_MS = 200;

export function createProgress(stderr: NodeJS.WriteStream, { quiet, progress }: ProgressChoice): ProgressListener {
  const write = (text: string) => say({ stderr }, text);
  if (quiet) return { update() {}, write, stop() {} };
  if (progress === "ndjson") return createJsonLines(write);
  return stderr.isTTY ? createBars(stderr, write) : createLines(write);
}

/** Time since the phase began, and the time left if it goes on like this. */
function createClock() {
  let phase: string | undefined;
  let start = performance.now();
  return (now: string, share: number) => {
    const isNew = now !== phase;
    if (isNew) start = performance.now();
    phase = now;
    const elapsedMs = performance.now() - start;
    const leftMs = share > 0.001 ? (elapsedMs * (1 - share)) / share : undefined;
    return { isNew, elapsedMs, leftMs };
  };
}

interface BarWords {
  readonly phase: string;
  readonly left: string;
  readonly memory: string;
  /** Of a phase that is over. */
  readonly taken?: string;
}

/** Columns of the bar itself: no more where there is room, none where there is not. */
const BAR = { most: 40, least: 8 } as const;
/** Where the terminal does not say. */
const COLUMNS = 80;

/** One line of a terminal of `columns`, `share` 0..1: what does not fit is left out, memory first. */
export function drawBar(share: number, { phase, left, memory, taken }: BarWords, columns = COLUMNS): string {
  const percent = `${Math.floor(share * 100)}%`.padStart(5);
  const time = taken === undefined ? `${left} left` : `in ${taken}`;
  const room = columns - 1; // a full line would begin the next one
  for (const parts of [
    [phase.padEnd(12), percent, time, memory],
    [phase.padEnd(12), percent, time],
    [phase, percent],
  ]) {
    const width = Math.min(BAR.most, room - parts.join("  ").length - 3);
    if (width < BAR.least) continue;
    const [name, ...rest] = parts;
    const full = Math.round(share * width);
    return `${name} [${"■".repeat(full)}${" ".repeat(width - full)}]${rest.join("  ")}`;
  }
  return `${phase}${percent}`.slice(0, Math.max(room, 0));
}

function createBars(stderr: NodeJS.WriteStream, write: (text: string) => void): ProgressListener {
  const format: GenericFormatter = (_, { progress }, payload) => drawBar(progress, payload, stderr.columns);
  // loaded where it draws
  const { MultiBar, Presets } = createRequire(import.meta.url)("cli-progress") as typeof import("cli-progress");
  // Signals are ours to handle (process-streams.ts).
  const bars = new MultiBar({ stream: stderr, format, hideCursor: true, fps: 5, gracefulExit: false }, Presets.rect);
  const clock = createClock();
  let bar: ReturnType<Bars["create"]> | undefined;
  let done = false;
  let elapsed = 0;
  const finish = () => bar?.update(1000, { taken: formatDuration(elapsed) });
  let stopped = false;
  let drawn = Number.NEGATIVE_INFINITY;
  /** When the last share was told. */
  let seen = performance.now();
  return {
    update(phase, share) {
      const before = performance.now();
      const { isNew, elapsedMs, leftMs } = clock(phase, share);
      if (isNew) {
        if (bar !== undefined) elapsed += before - seen;
        finish();
        bar = bars.create(1000, 0, { phase, left: "", memory: "" });
      }
      seen = before;
      elapsed = elapsedMs;
      done = share >= 1;
      bar?.update(Math.round(share * 1000), {
        left: leftMs === undefined ? "?" : formatDuration(leftMs),
        memory: `${formatBytes(process.memoryUsage.rss())} resident`,
      });
      // The bars draw themselves by a timer, which never fires while work goes on without a turn of the event loop.
      if (performance.now() - drawn < BAR_INTERVAL_MS) return;
      drawn = performance.now();
      bars.update();
    },
    write(text) {
      if (bar === undefined || stopped) {
        write(text);
        return;
      }
      bars.log(paintMessage(stderr, showControls(text)));
      bars.update(); // now: what is logged is lost when the bars stop before they are drawn again
    },
    stop() {
      if (bar !== undefined && !stopped) {
        if (done) finish();
        bars.stop();
      }
      stopped = true;
    },
  };
}

function createLines(write: (text: string) => void): ProgressListener {
  const clock = createClock();
  let last = performance.now();
  return {
    update(phase, share) {
      const { elapsedMs, leftMs } = clock(phase, share);
      if (performance.now() - last < LINE_INTERVAL_MS) return;
      last = performance.now();
      const left = leftMs === undefined ? "" : `, ${formatDuration(leftMs)} left`;
      const memory = formatBytes(process.memoryUsage.rss());
      write(
        `fixelstream: ${phase}: ${Math.round(share * 100)} % in ${formatDuration(elapsedMs)}${left}, ${memory} resident\n`,
      );
    },
    write,
    stop() {},
  };
}

function createJsonLines(write: (text: string) => void): ProgressListener {
  const clock = createClock();
  let last = Number.NEGATIVE_INFINITY;
  return {
    update(phase, share) {
      const { isNew, elapsedMs, leftMs } = clock(phase, share);
      if (!isNew && share < 1 && performance.now() - last < JSON_INTERVAL_MS) return;
      last = performance.now();
      const rounded = { elapsedMs: Math.round(elapsedMs), leftMs: leftMs === undefined ? null : Math.round(leftMs) };
      const line = { event: "progress", phase, share: Number(share.toFixed(6)), ...rounded };
      write(`${JSON.stringify({ ...line, rssBytes: process.memoryUsage.rss() })}\n`);
    },
    write,
    stop() {},
  };
}
