// Limits of containers and batch jobs, as the kernel states them; where this machine lets us make a group, in a real one.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { groupLimits } from "../src/control-groups.js";
import { coreLimit, usableCores } from "../src/system-cores.js";
import { memoryLimit } from "../src/system-memory.js";
import { makeLimitedGroup } from "./support/limited-group.js";
import { temporaryDirectory } from "./support/temporary-directory.js";

const GiB = 2 ** 30;
const V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
const V1 = [
  "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct",
  "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
  "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
].join("\n");

const limitsOf = (files: Record<string, string>) => groupLimits((path) => files[path]);

describe("version 2", () => {
  const files = (group: string, more: Record<string, string>) =>
    limitsOf({ "/proc/self/mountinfo": V2, "/proc/self/cgroup": `0::${group}\n`, ...more });

  it("has none where no file states one, or all say max", () => {
    expect(files("/", {})).toEqual({ memoryBytes: undefined, processors: undefined });
    const unlimited = { "/sys/fs/cgroup/a/memory.max": "max\n", "/sys/fs/cgroup/a/cpu.max": "max 100000\n" };
    expect(files("/a", unlimited)).toEqual({ memoryBytes: undefined, processors: undefined });
  });

  it("is the least of the group and those above it: SLURM limits the job, not the task", () => {
    const job = "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7";
    const found = files("/system.slice/slurmstepd.scope/job_7/step_0/user/task_0", {
      [`${job}/step_0/user/task_0/memory.max`]: "max\n",
      [`${job}/step_0/memory.max`]: `${4 * GiB}\n`,
      [`${job}/memory.max`]: `${2 * GiB}\n`,
      [`${job}/cpu.max`]: "150000 100000\n",
      "/sys/fs/cgroup/cpu.max": "400000 100000\n",
    });
    expect(found).toEqual({ memoryBytes: 2 * GiB, processors: 1.5 });
  });

  it("counts memory.high: above it a process is slowed down to nothing", () => {
    const high = { "/sys/fs/cgroup/a/memory.max": `${2 * GiB}`, "/sys/fs/cgroup/a/memory.high": `${GiB}` };
    expect(files("/a", high).memoryBytes).toBe(GiB);
  });

  it("finds a group whose path has colons, and a mount point with a space", () => {
    const found = limitsOf({
      "/proc/self/mountinfo": "30 23 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw\n",
      "/proc/self/cgroup": "0::/a:b\n",
      "/my groups/a:b/memory.max": "5000\n",
    });
    expect(found.memoryBytes).toBe(5000);
  });

  it("is that of the mount's root where a container sees its own part alone", () => {
    const inside = "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n";
    for (const group of ["/docker/abc", "/elsewhere"]) {
      const own = { "/sys/fs/cgroup/memory.max": `${GiB}` };
      const found = limitsOf({ "/proc/self/mountinfo": inside, "/proc/self/cgroup": `0::${group}\n`, ...own });
      expect(found.memoryBytes, group).toBe(GiB);
    }
  });
});

describe("version 1", () => {
  it("has a hierarchy for each controller, and both versions may be there", () => {
    const found = limitsOf({
      "/proc/self/mountinfo": V1,
      "/proc/self/cgroup": "4:memory:/slurm/uid_0/job_1/step_0\n2:cpu,cpuacct:/slurm\n0::/\n",
      "/sys/fs/cgroup/memory/slurm/uid_0/job_1/memory.limit_in_bytes": "1073741824\n",
      "/sys/fs/cgroup/memory/slurm/uid_0/job_1/step_0/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    });
    expect(found).toEqual({ memoryBytes: GiB, processors: 0.5 });
  });
});

it("has none where the system has no such files, or nonsense in them", () => {
  const none = { memoryBytes: undefined, processors: undefined };
  expect(limitsOf({})).toEqual(none);
  const nonsense = { "/proc/self/mountinfo": "x\n- -\n", "/proc/self/cgroup": "rubbish\n1:2\n" };
  expect(limitsOf(nonsense)).toEqual(none);
});

it("is a limit only below what the machine has", () => {
  expect(memoryLimit(undefined, 4 * GiB)).toBeUndefined();
  expect(memoryLimit(8 * GiB, 4 * GiB)).toBeUndefined();
  expect(memoryLimit(2 * GiB, 4 * GiB)).toBe(2 * GiB);
  expect(coreLimit(undefined, 4)).toBeUndefined();
  expect(coreLimit(4, 4)).toBeUndefined();
  expect(coreLimit(1.5, 4)).toBe(1.5);
});

it.each([
  [undefined, 4, 4],
  [8, 4, 4],
  [1.5, 4, 2],
  [0.25, 4, 1],
  [2, 4, 2],
])("a limit of %s processors of %i is worth %i threads", (limit, cores, threads) => {
  expect(usableCores(limit, cores)).toBe(threads);
});

it("a real group is seen: doctor says it, a conversion is planned for what it leaves", ({ skip }) => {
  const group = makeLimitedGroup(700 * 2 ** 20);
  if (typeof group === "string") return skip(group);
  onTestFinished(() => group.remove());
  const directory = temporaryDirectory();
  expect(group.run(["doctor"], directory).stdout).toMatch(/memory.*, limited to 700 MiB for this process/);
  writeFileSync(join(directory, "one.txt"), "1 2 3\n");
  const { stderr } = group.run(["convert", "vectors", "one.txt", "out.fxs", "--memory", "1GiB"], directory);
  expect(stderr).toContain("This container may take 700 MiB");
});
