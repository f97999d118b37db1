// fixelstream slurm: what the jobs of a divided run ask of the cluster, where their scripts go, and handing them over.
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { toPath } from "../../byte-names.js";
import { InputError, UsageError } from "../../errors.js";
import { thingAt } from "../../publish/remove-ours.js";
import { claimDirectory } from "../../results/claim-directory.js";
import { RUN_RECORD_FILE } from "../../results/result-folder.js";
import { listShards } from "../../results/shard-file.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import type { PlanSummary } from "../analyse/plan/describe-plan.js";
import { type JobTimes, SCRIPT_MARK, type ScriptFile, type SlurmRun, slurmScripts } from "./slurm-scripts.js";

export interface SlurmOptions {
  /** Of results in a directory, or the prefix; as typed. */
  readonly output: string;
  /** Names of results are glued to it. */
  readonly isPrefix: boolean;
  readonly command: string;
  readonly line: readonly string[];
  readonly mergeOptions: readonly string[];
  readonly program: readonly string[];
  readonly nShards: number;
  readonly cpus: number;
  /** Of every job, as SLURM writes it; undefined: from the plan. */
  readonly time?: string | undefined;
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
  /** A file with lines of shell. */
  readonly setup?: string | undefined;
  /** Results that exist may be overwritten, when the shards are merged. */
  readonly overwrites: boolean;
}

export interface SlurmFiles {
  /** As typed, with the name. */
  readonly folder: string;
  readonly run: SlurmRun;
  readonly files: readonly ScriptFile[];
  /** Parts that are there already, and will not be computed again. */
  readonly nShardsThere: number;
}

/** `plan`: of the first shard. Reads the setup; writes nothing. Throws UsageError, InputError. */
export function planSlurm(options: SlurmOptions, plan: PlanSummary): SlurmFiles {
  const { output, isPrefix, overwrites, time, partition, account, setup, ...shared } = options;
  const folder = isPrefix ? `${output}slurm` : join(output, "slurm");
  const shardsFolder = resolve(isPrefix ? `${output}.shards` : join(output, ".shards"));
  const record = isPrefix ? `${output}${RUN_RECORD_FILE}` : join(output, RUN_RECORD_FILE);
  if (thingAt(record) !== undefined && !overwrites) {
    throw new InputError(
      `Cannot make jobs of a run into ${output}: ${record} exists already, and merge would refuse the results. Give another output, or -force behind --.`,
      { path: output },
    );
  }
  const directory = process.cwd();
  for (const path of [resolve(folder), directory]) {
    if (/[\n\r]/.test(path)) {
      throw new UsageError(
        `Cannot write jobs for ${JSON.stringify(path)}: expected a path without line breaks, which SLURM cannot take. Choose another place.`,
      );
    }
  }
  const run: SlurmRun = {
    ...shared,
    ...{ folder: resolve(folder), output, shardsFolder, directory, partition, account },
    memoryBytes: plan.budgetBytes + plan.fixedBytes,
    times: time === undefined ? timesOf(plan) : { prepare: time, shards: time, merge: time },
    setup: setup === undefined ? undefined : readSetup(setup),
  };
  return { folder, run, files: slurmScripts(run), nShardsThere: listShards(shardsFolder).length };
}

function readSetup(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new InputError(
      `Cannot read ${path}: expected lines of shell for --setup, got ${describeSystemError(error)}.`,
      { path, cause: error },
    );
  }
}

const MINUTE = 60_000;
/** Nodes are slower than the machine of the estimate, and shared; a job that needs longer goes on after its limit. */
const TIMES_SLOWER = 3;
/** Bytes a second: of a conversion, and of a matrix that is prepared. Far below what docs/benchmarks.md measured. */
const SLOWEST = { convert: 20e6, connectivity: 5e6 } as const;

/** The plan's estimates, generously. */
export function timesOf(plan: PlanSummary): JobTimes {
  const { estimatedMs, empirical, nShuffles, storePassBytes, connectivityPassBytes } = plan;
  const prepareMs = (storePassBytes / SLOWEST.convert + connectivityPassBytes / SLOWEST.connectivity) * 1000;
  // done again, because shards do not keep it
  const empiricalMs = (estimatedMs * empirical.nShuffles) / Math.max(1, empirical.nShuffles + nShuffles);
  return {
    prepare: asLimit(prepareMs),
    shards: asLimit(estimatedMs * TIMES_SLOWER),
    merge: asLimit(empiricalMs * TIMES_SLOWER + (storePassBytes / SLOWEST.convert) * 1000),
  };
}

/** Half an hour at least, in quarters of an hour: `1-02:30:00`. */
function asLimit(ms: number): string {
  const quarters = Math.max(2, Math.ceil((ms + 10 * MINUTE) / (15 * MINUTE)));
  const [days, hours, minutes] = [Math.floor(quarters / 96), Math.floor(quarters / 4) % 24, (quarters % 4) * 15];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${days > 0 ? `${days}-` : ""}${two(hours)}:${two(minutes)}:00`;
}

/** Throws InputError: the folder cannot be written, or has files of these names that are not ours, or are and may not be written over. */
export function writeSlurm({ folder, files }: SlurmFiles, { force }: { readonly force: boolean }): void {
  const purpose = `Cannot write jobs to ${folder}`;
  const claim = claimDirectory({ path: folder, purpose, remedy: "Choose another place for the results." });
  try {
    for (const { name } of files) {
      const path = join(folder, name);
      if (thingAt(path) === undefined) continue;
      if (!isOurs(path))
        throw new InputError(`${purpose}: ${name} is there and was not made by fixelstream slurm. Move it away.`, {
          path,
        });
      if (!force) {
        const message = `${purpose}: ${name} exists already. Submit it as it is (bash submit.sh in there), or give -force to write it anew.`;
        throw new InputError(message, { path });
      }
    }
    mkdirSync(join(folder, "logs"), { recursive: true });
    for (const { name, text } of files) writeFileSync(join(folder, name), toPath(text));
    chmodSync(join(folder, "submit.sh"), 0o755);
  } catch (error) {
    claim.release();
    if (systemErrorCode(error) === undefined) throw error;
    throw new InputError(`${purpose}: ${describeSystemError(error)}. Choose another place, or make room.`, {
      cause: error,
    });
  }
}

function isOurs(path: string): boolean {
  try {
    return readFileSync(path, "utf8")
      .split("\n", 2)
      .some((line) => line.startsWith(SCRIPT_MARK));
  } catch {
    return false;
  }
}

export interface SubmittedJobs {
  readonly prepare: string;
  readonly shards: string;
  readonly merge: string;
}

/** Throws InputError with what sbatch says; none of the jobs is left in the queue then. */
export async function submitSlurm({ folder }: Pick<SlurmFiles, "folder">): Promise<SubmittedJobs> {
  const printed = await new Promise<string>((done, fail) => {
    execFile("bash", [join(folder, "submit.sh")], (error, stdout, stderr) => {
      if (error === null) return done(stdout);
      const said = stderr.trim() === "" ? error.message : stderr.trim().split("\n").at(-1)!;
      const message = `Cannot submit the jobs in ${folder}: expected sbatch to take them, got "${said}". They are written: bash ${join(folder, "submit.sh")} submits them where SLURM is.`;
      fail(new InputError(message, { path: folder, cause: error }));
    });
  });
  const numbers = new Map(printed.split("\n").map((line) => line.split(" ", 2) as [string, string]));
  const numberOf = (job: string) => numbers.get(job) ?? "";
  return { prepare: numberOf("prepare"), shards: numberOf("shards"), merge: numberOf("merge") };
}
