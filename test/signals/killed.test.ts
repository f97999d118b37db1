// kill -9 at random moments of whole runs, conversion to publishing; the same command again and again. What is there in the end is what an undisturbed run
// leaves, to the byte, and nothing else.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS, newRun } from "../support/both-commands.js";
import { type KilledLine, killOverAndOver } from "../support/killed-runs.js";

function lineOf(command: (typeof COMMANDS)[number]): KilledLine {
  const run = newRun(command, { nElements: 2000, nSubjects: 24, prefix: "x_" });
  fs.rmSync(run.at("out"), { recursive: true, force: true });
  const inputs =
    command === "fixelcfestats"
      ? ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"]
      : ["values.npy", "design.txt", "contrast.txt", "out/x_"];
  const shuffles = command === "fixelcfestats" ? "4000" : "30000";
  const options = ["-nshuffles", shuffles, "--seed", "3", "-nthreads", "1", "--checkpoint-every", "0"];
  const places = ["--cache", ".fixelstream", "--memory", "16MiB"];
  return {
    root: run.at(),
    tokens: [command, ...inputs, ...options, ...places],
    out: run.at("out"),
    makesOut: command === "fixelcfestats",
  };
}

const N_KILLS = Number(process.env.FIXELSTREAM_KILLS ?? 20);

describe.each(COMMANDS)("%s", (command) => {
  it(`is killed ${N_KILLS} times`, { timeout: 60_000 * N_KILLS }, async () => {
    const { killed, resumed } = await killOverAndOver(lineOf(command), N_KILLS, 11);
    expect(killed).toBe(N_KILLS);
    expect(resumed).toBeGreaterThan(0);
  });
});
