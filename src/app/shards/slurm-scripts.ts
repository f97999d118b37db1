// The jobs of a divided run for SLURM, as text that a person can read and edit: prepare once, an array of shards, merge. SLURM is the scheduler; what a job
// does at its end, when it is killed and when it is begun again is the program's own (keep-checkpoints.ts, shard-file.ts).
import { join } from "node:path";
import { nameOfShard } from "../../run/shards.js";
import { shellWord } from "../../shell-word.js";

/** A limit as SLURM writes it. */
export interface JobTimes {
  readonly prepare: string;
  readonly shards: string;
  readonly merge: string;
}

export interface SlurmRun {
  /** Where the scripts go. Absolute, as all paths here. */
  readonly folder: string;
  /** As typed: the argument of merge and status. */
  readonly output: string;
  readonly shardsFolder: string;
  /** In which the command was typed. */
  readonly directory: string;
  /** What runs fixelstream: the words before its arguments. */
  readonly program: readonly string[];
  /** The statistical command's name. */
  readonly command: string;
  /** Its arguments as typed, with a seed and threads; without -force. */
  readonly line: readonly string[];
  /** What merge is given beside the output. */
  readonly mergeOptions: readonly string[];
  readonly nShards: number;
  readonly cpus: number;
  /** Bytes a job may take. */
  readonly memoryBytes: number;
  readonly times: JobTimes;
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
  /** Lines of shell that come before the program: modules, environments. */
  readonly setup?: string | undefined;
}

export interface ScriptFile {
  readonly name: string;
  readonly text: string;
}

/** The second line of every script: what has it may be written over. */
export const SCRIPT_MARK = "# Written by fixelstream slurm";
/** Seconds before the limit at which SLURM says that it is near; it may be up to a minute early. */
const NOTICE_SECONDS = 60;
/** A job that comes to its limit so often, and is not done, does not get forward. */
const MOST_REQUEUES = 50;

/** In the order of reading. Pure. */
export function slurmScripts(run: SlurmRun): ScriptFile[] {
  return [
    { name: "prepare.sbatch", text: prepareScript(run) },
    { name: "shards.sbatch", text: shardsScript(run) },
    { name: "merge.sbatch", text: mergeScript(run) },
    { name: "submit.sh", text: submitScript() },
    { name: "README.txt", text: readme(run) },
  ];
}

function prepareScript(run: SlurmRun): string {
  const what = "Converts the data and prepares the connectivity, once, for all shards.";
  const line = words([run.command, "--prepare-only", ...run.line]);
  return `${header(run, { job: "prepare", log: "prepare.log", time: run.times.prepare, what })}${begin(run)}${runAndPassOn(line)}`;
}

function shardsScript(run: SlurmRun): string {
  const { nShards, command, line, shardsFolder } = run;
  const what =
    "One part of the shuffles a task. A task that is begun again goes on where it was; one that is done is left alone.";
  const task = '"$SLURM_ARRAY_TASK_ID"';
  const name = nameOfShard({ index: 0, of: nShards }).slice(1);
  const done = [
    `shard=${shellWord(shardsFolder)}/${task}${name}.fxn`,
    'if [ -e "$shard" ]; then echo "$shard is there already"; exit 0; fi',
  ].join("\n");
  const parts = `${shellWord(command)} --shard ${task}/${nShards} ${words(line)}`;
  const options = { job: "shards", log: "shard-%a.log", time: run.times.shards, what, more: [`--array=1-${nShards}`] };
  return `${header(run, options)}${begin(run)}${done}\n${runAndPassOn(parts)}`;
}

function mergeScript(run: SlurmRun): string {
  const what = "Makes the results of the shards, when all are there.";
  const line = words(["merge", ...run.mergeOptions, "--", run.output]);
  return `${header(run, { job: "merge", log: "merge.log", time: run.times.merge, what })}${begin(run)}${runAndPassOn(line)}`;
}

interface Header {
  readonly job: string;
  readonly log: string;
  readonly time: string;
  readonly what: string;
  readonly more?: readonly string[];
}

function header(run: SlurmRun, { job, log, time, what, more = [] }: Header): string {
  const options = [
    `--job-name=fixelstream-${job}`,
    ...more,
    `--time=${time}`,
    "--ntasks=1",
    `--cpus-per-task=${run.cpus}`,
    `--mem=${Math.ceil(run.memoryBytes / 2 ** 20)}M`,
    ...(run.partition === undefined ? [] : [`--partition=${run.partition}`]),
    ...(run.account === undefined ? [] : [`--account=${run.account}`]),
    "--requeue",
    "--open-mode=append",
    `--signal=B:USR1@${NOTICE_SECONDS}`,
    `--output=${quotedForSlurm(join(run.folder, "logs").replaceAll("%", "%%"))}/${log}`,
  ];
  const lines = options.map((option) => `#SBATCH ${option}`);
  return ["#!/bin/bash", `${SCRIPT_MARK}. ${what}`, ...lines, "", ""].join("\n");
}

/** sbatch reads backslashes and quotes in its lines as a shell does. */
const quotedForSlurm = (path: string): string =>
  /^[\w%+=:,./-]+$/.test(path) ? path : `"${path.replaceAll(/["\\]/g, "\\$&")}"`;

function begin({ setup, directory, program }: SlurmRun): string {
  const own = setup === undefined ? "" : `${setup.trimEnd()}\n\n`;
  return `${own}cd -- ${shellWord(directory)} || exit 1\nFIXELSTREAM=(${words(program)})\n\n`;
}

/** In the background, because bash hears no signal while it waits for a command. */
function runAndPassOn(line: string): string {
  return `# TERM (scancel, preemption) is passed on: the program keeps what it has done within a second. USR1 is SLURM's notice that the time limit is
# ${NOTICE_SECONDS} s away: the same, and the job goes back into the queue, to go on from there.
program=
told=no
at_limit=no
stop() { told=yes; [ -z "$program" ] || kill -TERM "$program" 2>/dev/null; }
trap stop TERM
trap 'at_limit=yes; stop' USR1
"\${FIXELSTREAM[@]}" ${line} &
program=$!
[ "$told" = no ] || stop
wait "$program"
status=$?
while kill -0 "$program" 2>/dev/null; do
  wait "$program"
  status=$?
done
if [ "$at_limit" = yes ] && [ "$status" -ne 0 ]; then
  if [ "\${SLURM_RESTART_COUNT:-0}" -lt ${MOST_REQUEUES} ]; then
    echo "at the time limit: back into the queue"
    scontrol requeue "$SLURM_JOB_ID" && sleep ${NOTICE_SECONDS}
  else
    echo "at the time limit after ${MOST_REQUEUES} times in the queue: submit it again with a longer --time, if it gets forward" >&2
  fi
fi
exit "$status"
`;
}

function submitScript(): string {
  return `#!/bin/bash
${SCRIPT_MARK}. Submits the three jobs, each after the one before, and prints their numbers.
set -eu
cd -- "$(dirname -- "\${BASH_SOURCE[0]}")"
submitted=()
trap '[ $? -eq 0 ] || [ \${#submitted[@]} -eq 0 ] || scancel "\${submitted[@]}"' EXIT
job=
for name in prepare shards merge; do
  after=()
  [ -z "$job" ] || after=(--dependency="afterok:$job" --kill-on-invalid-dep=yes)
  job=$(sbatch --parsable \${after[@]+"\${after[@]}"} "$name.sbatch")
  job=\${job%%;*}
  submitted+=("$job")
  echo "$name $job"
done
`;
}

function readme({ command, line, nShards, output, directory }: SlurmRun): string {
  const out = shellWord(output);
  return `${SCRIPT_MARK}. Three jobs: prepare.sbatch, then shards.sbatch (an array of ${nShards}), then merge.sbatch. Edit them as you like.
Submit all:           bash submit.sh
The run:              ${words(["fixelstream", command, ...line])}
Typed in:             ${directory}
How far it is:        fixelstream status ${out}
What was said:        logs/
A shard that failed:  sbatch --array=3 shards.sbatch (it goes on where it was), and then sbatch merge.sbatch
At the time limit a job keeps what it has and goes back into the queue; so it does when a node fails, or when it is preempted and SLURM requeues it.
To end it:            scancel NUMBER (of each job); what was done is kept, and the same shard goes on from there.
When the results are there the shards are removed; this folder may be too.
`;
}

const words = (tokens: readonly string[]): string => tokens.map(shellWord).join(" ");
