// What a command pays before its work: processor time of a command that does nothing, beside Node that does nothing.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../../dist/bin/fixelstream.js", import.meta.url));

const ROUNDS = { quick: 5, full: 15 };

const COMMANDS = {
  "-version": [PROGRAM, "-version"],
  "-help": [PROGRAM, "-help"],
  "fixelcfestats -help": [PROGRAM, "fixelcfestats", "-help"],
};

/** Milliseconds of processor time, as the shell counts them: /proc counts in hundredths of a second. */
function cpuMsOf(args) {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1';
  const said = execFileSync("bash", ["-c", `{ ${script}; } 2>&1`, "bash", process.execPath, ...args], {
    encoding: "utf8",
  });
  const [user, system] = said.trim().split(" ").map(Number);
  return (user + system) * 1000;
}

export const start = {
  group: "start",
  name: "processor time of -version and -help beside node -e 0",
  quick: true,
  needs: "bash",
  run(context) {
    const best = {};
    for (let round = 0; round < ROUNDS[context.mode]; round++) {
      for (const [name, args] of [["node -e 0", ["-e", "0"]], ...Object.entries(COMMANDS)])
        best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, cpuMsOf(args));
    }
    const figures = Object.keys(COMMANDS).flatMap((name) => [
      { name, value: best[name], unit: "ms", atMost: 150 },
      { name: `${name} beside node -e 0`, value: best[name] / best["node -e 0"], unit: "ratio", better: "less" },
    ]);
    return { figures: [{ name: "node -e 0", value: best["node -e 0"], unit: "ms" }, ...figures] };
  },
};
