// Help of every command, word for word: it is the manual, docs/commands/*.txt. `npx vitest run --project fast test/cli/help.test.ts -u` writes it anew.
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { formatHelp } from "../../src/cli/help.js";
import { pathOf } from "../../src/cli/normalise-arguments.js";
import { createProgram, forEachCommand } from "../../src/cli/program.js";
import { resolveCommandLine } from "../../src/cli/resolve-command-line.js";
import { VERSION } from "../../src/version.js";
import { runInProcess } from "../support/in-process-cli.js";

const commands: [name: string, command: Command][] = [];
const createSilent = () => createProgram({ stdout: process.stdout, stderr: process.stderr, command: "" });
forEachCommand(await createSilent(), (command) => commands.push([pathOf(command) || "fixelstream", command]));

describe.each(commands)("%s", (name, command) => {
  const path = name === "fixelstream" ? [] : name.split(" ");
  it("-help prints it on standard output", async () => {
    const { status, stdout, stderr } = await runInProcess([...path, "-help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    await expect(stdout).toMatchFileSnapshot(`../../docs/commands/${name.replaceAll(" ", "-")}.txt`);
  });
  it("has three examples, each of which is understood", async () => {
    const whole = await createSilent();
    const text = formatHelp(command, command.createHelp());
    const examples = /\nExamples:\n((?: {2}.*\n)+)/.exec(text)?.[1]?.trimEnd().split("\n") ?? [];
    expect(examples).toHaveLength(3);
    for (const example of examples) {
      const [program, ...tokens] = example.replace(/ > .*/, "").trim().split(" ");
      expect(program).toBe("fixelstream");
      expect(() => resolveCommandLine(whole, tokens)).not.toThrow();
    }
  });
  it("has no line beyond 120 columns", () => {
    const lines = formatHelp(command, command.createHelp()).split("\n");
    expect(lines.filter((line) => line.length > 125)).toEqual([]);
  });
});

it("-version prints the version alone, with every command", async () => {
  for (const tokens of [["-version"], ["fixelcfestats", "a", "-version"], ["info", "--version"]]) {
    expect(await runInProcess(tokens)).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
  }
});
