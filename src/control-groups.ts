// What the control groups of Linux (containers, batch jobs, systemd) let this process take: the least of its own group and of all that hold it. Node asks
// its own group alone, where a SLURM step has no limit and the job above it has one.
// https://www.kernel.org/doc/html/latest/admin-guide/cgroup-v2.html (memory.max, memory.high, cpu.max), .../cgroup-v1/memory.html, .../scheduler/sched-bwc.html
import { readFileSync } from "node:fs";
import { posix } from "node:path";

export interface GroupLimits {
  /** Undefined: no group has a limit. */
  readonly memoryBytes: number | undefined;
  /** Processor time a second, in processors: 1.5 of them can be a limit. Undefined: no group has one. */
  readonly processors: number | undefined;
}

/** The text of a file of the system; undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

/** Never throws: where the system says nothing, there is no limit. */
export function groupLimits(read: ReadText = readText): GroupLimits {
  const mounts = mountsOf(read("/proc/self/mountinfo") ?? "");
  const memory: number[] = [];
  const processors: number[] = [];
  const keep = (list: number[], value: number | undefined) => value !== undefined && list.push(value);
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    // number:controllers:path, where the one of version 2 has no controllers and a path may hold colons
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || group === undefined) continue;
    const has = (name: string) => controllers.split(",").includes(name);
    for (const directory of directoriesOf(mounts, controllers, group)) {
      const valueIn = (file: string) => read(posix.join(directory, file))?.trim();
      if (controllers === "") {
        keep(memory, amount(valueIn("memory.max")));
        keep(memory, amount(valueIn("memory.high")));
        const [quota, period] = (valueIn("cpu.max") ?? "").split(" ");
        keep(processors, quotient(quota, period));
      }
      if (has("memory")) keep(memory, amount(valueIn("memory.limit_in_bytes")));
      if (has("cpu")) keep(processors, quotient(valueIn("cpu.cfs_quota_us"), valueIn("cpu.cfs_period_us")));
    }
  }
  const least = (values: readonly number[]) => (values.length === 0 ? undefined : Math.min(...values));
  return { memoryBytes: least(memory), processors: least(processors) };
}

interface Mount {
  /** What of the hierarchy is mounted: a container sees its own part of it. */
  readonly root: string;
  readonly point: string;
  /** "" for version 2, as /proc/self/cgroup has it. */
  readonly controllers: readonly string[];
}

/** `id parent device root point options [tags..] - type source options`, with octal escapes. */
function mountsOf(text: string): Mount[] {
  const plain = (field: string) =>
    field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [root, point] = before.split(" ").slice(3, 5);
    const [type, , options = ""] = after.split(" ");
    if (root === undefined || point === undefined) continue;
    if (type === "cgroup2") mounts.push({ root: plain(root), point: plain(point), controllers: [""] });
    if (type === "cgroup") mounts.push({ root: plain(root), point: plain(point), controllers: options.split(",") });
  }
  return mounts;
}

/** Of the group and of those above it, as far as they can be seen. */
function* directoriesOf(mounts: readonly Mount[], controllers: string, group: string): Generator<string> {
  for (const { root, point, controllers: mounted } of mounts) {
    if (!controllers.split(",").some((name) => mounted.includes(name))) continue;
    const below = posix.relative(root, group);
    // a group outside of what is mounted: a container whose own group is the mount's root
    for (let rest = below.startsWith("..") ? "" : below; ; rest = posix.dirname(rest)) {
      yield posix.join(point, rest === "." ? "" : rest);
      if (rest === "" || rest === ".") break;
    }
  }
}

/** "max" and -1 are no limit; nor is 0, which nothing could run in. */
function amount(text: string | undefined): number | undefined {
  const value = Number(text === undefined || text === "" ? Number.NaN : text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function quotient(quota: string | undefined, period: string | undefined): number | undefined {
  const [above, below] = [amount(quota), amount(period)];
  return above === undefined || below === undefined ? undefined : above / below;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // another system, or not for us to see
  }
}
