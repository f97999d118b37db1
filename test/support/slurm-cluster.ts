// A real SLURM of one node on this machine: munged, slurmctld and slurmd, started here and ended here. What it needs is Debian's slurmctld, slurmd,
// slurm-client and munge, and root; a string says what is missing.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface SlurmCluster {
  /** For what is run with it: its configuration, and nobody's settings. */
  readonly env: NodeJS.ProcessEnv;
  /** Standard output of one of its commands. Throws what it says. */
  ask(command: string, ...tokens: string[]): string;
  /** When it is true; throws after so many seconds, with the queue and the logs. */
  waitFor(what: string, isSo: () => boolean, seconds?: number): Promise<void>;
  end(): Promise<void>;
}

const NEEDED = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel"];
const PLACES = "/usr/sbin:/usr/bin:/sbin:/bin";
const PORTS = { controller: 16817, node: 16818 };

export async function startSlurm(root: string): Promise<SlurmCluster | string> {
  if (process.getuid?.() !== 0) return "SLURM's daemons need root";
  const where = { PATH: `${process.env.PATH ?? ""}:${PLACES}` };
  const missing = NEEDED.filter(
    (name) => spawnSync("which", [name], { env: { ...process.env, ...where } }).status !== 0,
  );
  if (missing.length > 0)
    return `SLURM is not installed (${missing.join(", ")}): apt-get install slurmctld slurmd slurm-client munge`;
  const at = (name: string) => path.join(root, name);
  for (const name of ["state", "spool", "munge"]) fs.mkdirSync(at(name), { recursive: true });
  const [socket, key] = [at("munge/socket"), at("munge/key")];
  fs.writeFileSync(key, Buffer.from(Array.from({ length: 1024 }, (_, i) => (i * 73 + process.pid) % 256)), {
    mode: 0o400,
  });
  const host = os.hostname().split(".")[0]!;
  const lines = [
    ...[`ClusterName=fixelstream`, `SlurmctldHost=${host}(127.0.0.1)`, "SlurmUser=root", "SlurmdUser=root"],
    ...[`SlurmctldPort=${PORTS.controller}`, `SlurmdPort=${PORTS.node}`, `AuthInfo=socket=${socket}`],
    ...[`CredType=cred/munge`, "AuthType=auth/munge"],
    ...[`SlurmctldPidFile=${at("ctld.pid")}`, `SlurmdPidFile=${at("d.pid")}`],
    ...[`SlurmdSpoolDir=${at("spool")}`, `StateSaveLocation=${at("state")}`, "ReturnToService=2", "MpiDefault=none"],
    ...["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "SwitchType=switch/none"],
    ...["SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU", "SchedulerParameters=sched_interval=1"],
    ...["AccountingStorageType=accounting_storage/none", "JobAcctGatherType=jobacct_gather/none", "JobRequeue=1"],
    ...["KillWait=5", "MinJobAge=3600", "MaxArraySize=1001"],
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN`,
    `PartitionName=debug Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
  ];
  fs.writeFileSync(at("slurm.conf"), `${lines.join("\n")}\n`);
  const env: NodeJS.ProcessEnv = { ...process.env, ...where, SLURM_CONF: at("slurm.conf") };
  for (const name of Object.keys(env)) if (/^(SBATCH|SLURM)_(?!CONF)/.test(name)) delete env[name];
  const children: ChildProcess[] = [];
  const start = (name: string, ...tokens: string[]) => {
    const log = fs.openSync(at(`${name}.log`), "a");
    children.push(spawn(name, tokens, { env, stdio: ["ignore", log, log], detached: true }));
    fs.closeSync(log);
  };
  const end = async () => {
    for (const child of children.reverse()) {
      const gone = new Promise((done) => (child.exitCode === null ? child.once("exit", done) : done(undefined)));
      child.kill("SIGTERM");
      await Promise.race([gone, sleep(5000)]);
      child.kill("SIGKILL");
    }
  };
  const ask = (command: string, ...tokens: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, tokens, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${tokens.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  const logs = () =>
    ["munged", "slurmctld", "slurmd"]
      .map(
        (name) =>
          `${name}: ${fs
            .readFileSync(at(`${name}.log`), "utf8")
            .split("\n")
            .slice(-8)
            .join("\n")}`,
      )
      .join("\n");
  const waitFor = async (what: string, isSo: () => boolean, seconds = 60) => {
    const last = performance.now() + seconds * 1000;
    while (!isSo()) {
      if (performance.now() > last)
        throw new Error(`Not within ${seconds} s: ${what}\n${ask("squeue", "-a")}\n${logs()}`);
      await sleep(200);
    }
  };
  const munge = [
    `--key-file=${key}`,
    `--socket=${socket}`,
    `--pid-file=${at("munge/pid")}`,
    `--seed-file=${at("munge/seed")}`,
  ];
  start("munged", "--foreground", "--force", `--log-file=${at("munged.log")}`, ...munge);
  try {
    await waitFor("munged listens", () => fs.existsSync(socket), 10);
    start("slurmctld", "-D", "-f", at("slurm.conf"));
    start("slurmd", "-D", "-f", at("slurm.conf"), "-N", host);
    const isIdle = () => /\bidle\b/.test(spawnSync("sinfo", ["-h", "-o", "%T"], { env, encoding: "utf8" }).stdout);
    await waitFor("the node is idle", isIdle, 30);
  } catch (error) {
    await end();
    const said = (error as Error).message.split("\n").slice(0, 1).concat(logs()).join("\n");
    return `SLURM does not start here: ${said}`;
  }
  return { env, ask, waitFor, end };
}
