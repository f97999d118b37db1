// fixelstream slurm: a run in parts as jobs of SLURM. The line behind -- is checked and planned as --dry-run does, and nothing else is done with it here.
import { Writable } from "node:stream";
import type { Command } from "commander";
import type { PlanSummary } from "../../app/analyse/plan/describe-plan.js";
import type { SlurmFiles, SubmittedJobs } from "../../app/shards/slurm-jobs.js";
import { UsageError } from "../../errors.js";
import { formatBytes, formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { drawSeed } from "../options/inference.js";
import { spelled } from "../options/spelling.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printResult, printSummary, say } from "../print.js";
import { resolveCommandLine } from "../resolve-command-line.js";
import type { WholeProgram } from "../whole-program.js";

type Typed = StandardOptions & {
  readonly shards: number;
  readonly time?: string;
  readonly partition?: string;
  readonly account?: string;
  readonly cpus?: number;
  readonly setup?: string;
  readonly submit?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

const HELP = {
  usages: ["[options] -- <statistical command> <its arguments and options>"],
  about: [
    "Writes three jobs for SLURM into the folder slurm of the output: prepare (convert, prepare the connectivity), an array of shards, and merge, each after the one before. They are short shell scripts that a person can read and edit; with --submit they are handed over, else nothing is.",
    "The line behind -- is checked and planned as with --dry-run. Each job asks for the memory of that plan (--memory, and what Node itself and its threads take) and, unless --time is given, for three times the estimated time. A job that comes to its time limit keeps what it has done and goes back into the queue, to go on from there.",
    "Without --seed behind -- one is drawn, and all shards share it. -force behind -- is for the results, when they are merged. docs/cluster.md tells the whole, and how other schedulers do the same.",
  ],
  examples: [
    "slurm --shards 20 -- fixelcfestats fd/ subjects.txt design.txt contrast.txt matrix/ stats_fd/",
    "slurm --time 4:00:00 --partition long --submit -- vectorstats values.npy design.txt contrast.txt out/x_",
    "slurm --dry-run --setup modules.sh --cpus 16 -- mrclusterstats images.txt design.txt contrast.txt mask.mif out/",
  ],
};

/** Of the line itself; each with why. */
const REFUSED: Readonly<Record<string, string>> = {
  shard: "the jobs have their own. Leave it out, and say how many with --shards",
  "prepare-only": "the first job does it. Leave it out",
  "dry-run": "it would compute nothing. Leave it out, or put it in front of --",
  restart:
    "a job that is begun again would throw away what it had done. Leave it out, or run one shard with it by hand",
  "stop-when-settled": "it looks at all shuffles of one run, and jobs divide them. Leave it out",
  negbin: "it counts the shuffles of one run in their order, and jobs divide them. Leave it out",
  notest: "there are no shuffles to divide. Run the command as it is",
};

export function define(command: Command, streams: CliStreams, program: WholeProgram): Command {
  describeHelp(command, HELP).argument(
    "<line...>",
    "behind --: a statistical command as it would be typed without SLURM",
  );
  declare(command.optionsGroup("Options"))
    .integer("shards", { least: 1, most: 100_000 }, "parts of the shuffles, each a task of the array", { default: 10 })
    .word("time", "limit", "of each job, as SLURM writes it: 30, 4:00:00, 1-12:00:00 (default: from the plan)")
    .word("partition", "name", "of the cluster (default: the cluster's own)")
    .word("account", "name", "that is charged (default: the user's own)")
    .integer("cpus", { least: 1, most: 1024 }, "of each job, and threads (default: -nthreads of the line, or 4)")
    .file("setup", "lines of shell that come before the program in every job: modules, environments")
    .flag("submit", "hand the jobs over, and print their numbers")
    .flag("dry-run", "print the scripts; write and submit nothing")
    .flag("json", "the summary as JSON on standard output");
  addStandardOptions(command);
  return command.action(async (typedLine: readonly string[]) => {
    const { planSlurm, submitSlurm, writeSlurm } = await import("../../app/shards/slurm-jobs.js");
    const typed = command.opts<Typed>();
    for (const name of ["partition", "account"] as const) checkName(name, typed[name]);
    checkTime(typed.time);
    const line = readLine(await program.create(), typedLine);
    if (line === undefined) return await program.run(typedLine, streams); // its help
    const cpus = typed.cpus ?? Math.max(1, line.nThreads ?? 4);
    const seed = line.hasSeed ? [] : ["--seed", String(drawSeed())];
    const threads = line.nThreads === undefined ? ["-nthreads", String(cpus)] : [];
    const own = [...seed, ...threads, ...line.given];
    const quiet = typed.quiet && !line.isQuiet ? ["-quiet"] : [];
    const plan = await planOf([line.command, ...quiet, "--shard", `1/${typed.shards}`, ...own], streams, program);
    const jobs = planSlurm(
      {
        ...{
          output: line.output,
          isPrefix: line.isPrefix,
          command: line.command,
          line: own,
          nShards: typed.shards,
          cpus,
        },
        ...{ time: typed.time, partition: typed.partition, account: typed.account, setup: typed.setup },
        mergeOptions: [...(line.force ? ["-force"] : []), "-nthreads", String(line.nThreads ?? cpus), ...line.memory],
        program: [process.execPath, process.argv[1] ?? "fixelstream"],
        overwrites: line.force,
      },
      plan,
    );
    const note = (text: string) => typed.quiet || say(streams, `fixelstream: ${text}\n`);
    if (!line.hasSeed) note(`seed ${seed[1]}, of all shards`);
    if (jobs.nShardsThere > 0) {
      const there = formatCount(jobs.nShardsThere, "shards");
      say(
        streams,
        `fixelstream: warning: ${there} of this output ${jobs.nShardsThere === 1 ? "is" : "are"} there already and will not be computed again; merge refuses them if they are of another plan.\n`,
      );
    }
    if (typed.dryRun) return await printResult(streams, formatScripts(jobs));
    writeSlurm(jobs, { force: typed.force ?? false });
    const submitted = typed.submit ? await submitSlurm(jobs) : undefined;
    if (typed.json) await printSummary(streams, `${JSON.stringify(summaryOf(jobs, plan, submitted))}\n`);
    else if (!typed.quiet) say(streams, formatJobs(jobs, line.output, submitted));
  });
}

interface TypedLine {
  readonly command: string;
  /** Arguments and options as typed, without -force. */
  readonly given: readonly string[];
  readonly output: string;
  readonly isPrefix: boolean;
  readonly force: boolean;
  readonly isQuiet: boolean;
  readonly hasSeed: boolean;
  readonly nThreads: number | undefined;
  /** `--memory` with its value. */
  readonly memory: readonly string[];
}

/** Undefined: it asks for help. Throws UsageError. */
function readLine(program: Command, tokens: readonly string[]): TypedLine | undefined {
  const [name = ""] = tokens;
  const found = program.commands.find((candidate) => candidate.name() === name);
  const isStatistical = (candidate: Command) => candidate.options.some(({ long }) => long === "--shard");
  if (found === undefined || !isStatistical(found)) {
    const names = program.commands.filter(isStatistical).map((candidate) => candidate.name());
    throw new UsageError(
      `Cannot make jobs of ${JSON.stringify(name)}: expected a statistical command behind -- (${names.join(", ")}), got another word.`,
    );
  }
  const normalised = resolveCommandLine(program, tokens);
  if (normalised.includes("--help") || normalised.includes("--version")) return undefined;
  const end = normalised.indexOf("--");
  const options = new Map(normalised.slice(1, end).map((option) => split(option)));
  for (const [option, reason] of Object.entries(REFUSED)) {
    if (options.has(option)) throw new UsageError(`Cannot make jobs of a line with ${spelled(option)}: ${reason}.`);
  }
  const threads = options.get("threads") ?? options.get("nthreads");
  const memory = options.get("memory");
  return {
    command: name,
    given: tokens.slice(1).filter((token, i, all) => !isForce(token) || all.slice(0, i).includes("--")),
    output: normalised.at(-1)!,
    isPrefix: found.registeredArguments.at(-1)!.name() === "prefix",
    force: options.has("force"),
    isQuiet: options.has("quiet"),
    hasSeed: options.has("seed"),
    nThreads: threads === undefined ? undefined : Number(threads),
    memory: memory === undefined ? [] : ["--memory", memory],
  };
}

/** Of all that begins so, -force alone can be meant. */
const isForce = (token: string): boolean => /^--?for(ce?)?$/i.test(token);

function split(option: string): [name: string, value: string] {
  const [, name = "", value = ""] = /^--([^=]+)=?([\s\S]*)$/.exec(option) ?? [];
  return [name, value];
}

function checkName(option: string, value: string | undefined): void {
  if (value === undefined || /^[\w.,@:+-]+$/.test(value)) return;
  throw new UsageError(
    `Cannot use --${option} ${JSON.stringify(value)}: expected a name as SLURM has it, without blanks.`,
  );
}

/** Minutes a job must have, to be told of its end and to get forward. */
const LEAST_MINUTES = 5;

function checkTime(value: string | undefined): void {
  if (value === undefined || minutesOf(value) >= LEAST_MINUTES) return;
  const known = Number.isNaN(minutesOf(value)) ? "a time as SLURM writes it" : `${LEAST_MINUTES} minutes or more`;
  throw new UsageError(
    `Cannot use --time ${JSON.stringify(value)}: expected ${known}, such as 30, 4:00:00 or 1-12:00:00.`,
  );
}

/** MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS[:MINUTES[:SECONDS]]; NaN: none of them. */
function minutesOf(text: string): number {
  const [, days, rest = ""] = /^(?:(\d+)-)?(\d+(?::\d+){0,2})$/.exec(text) ?? [];
  if (rest === "") return Number.NaN;
  const [first, second = 0, third = 0] = rest.split(":").map(Number) as [number, number?, number?];
  if (days !== undefined) return Number(days) * 1440 + first * 60 + second + third / 60;
  return rest.split(":").length === 3 ? first * 60 + second + third / 60 : first + second / 60;
}

/** Throws what the command says of its line. */
async function planOf(line: readonly string[], streams: CliStreams, program: WholeProgram): Promise<PlanSummary> {
  let text = "";
  const stdout = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const [command = "", ...rest] = line;
  await program.run([command, "--dry-run", "--json", ...rest], {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: streams.stderr,
    command: streams.command,
    get signal() {
      return streams.signal;
    },
  });
  return JSON.parse(text);
}

/** Each behind a line with its path. */
const formatScripts = ({ folder, files }: SlurmFiles): string =>
  files.map(({ name, text }) => `#### ${folder}/${name}\n${text}`).join("\n");

function formatJobs({ folder, run }: SlurmFiles, output: string, submitted: SubmittedJobs | undefined): string {
  const { nShards, cpus, memoryBytes, times } = run;
  const each = `${formatCount(cpus, "CPUs")}, ${formatBytes(memoryBytes)}`;
  const of = (job: keyof SubmittedJobs) => (submitted === undefined ? "" : ` (job ${submitted[job]})`);
  return [
    `fixelstream: ${folder}: three jobs, ${submitted === undefined ? "written" : "submitted"}`,
    `  prepare${of("prepare")}: ${each}, ${times.prepare}`,
    `  ${formatCount(nShards, "shards")}${of("shards")}: ${each}, ${times.shards} each`,
    `  merge${of("merge")}: ${each}, ${times.merge}`,
    submitted === undefined
      ? `  submit them: bash ${folder}/submit.sh`
      : `  how far they are: fixelstream status ${output}`,
    "",
  ].join("\n");
}

const summaryOf = ({ folder, run, files }: SlurmFiles, plan: PlanSummary, submitted: SubmittedJobs | undefined) => ({
  ...{ folder, files: files.map(({ name }) => name), nShards: run.nShards, cpus: run.cpus },
  ...{ memoryBytes: run.memoryBytes, times: run.times, estimatedMs: plan.estimatedMs, jobs: submitted ?? null },
});
