// Where results and stores may go: into no store, under a name that is one; and a dry run, which says the same, changes nothing.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { tryLock } from "../../src/publish/lock.js";
import { createPartial } from "../../src/publish/partial-directory.js";
import { partialPrefixOf, publishStore } from "../../src/store/publish-store.js";
import { ALL_COMMANDS, NAMES, newRun } from "../support/both-commands.js";
import { listing, newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { deadId, plantPartial } from "../support/partials.js";
import { runCli } from "../support/run-cli.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const convert = (input: SmallAnalysis, output: string) => [
  ...["convert", "fixels", input.at("fd"), input.at("subjects.txt"), output, "-quiet"],
];
/** Path, size, time and node of everything below. */
const stateOf = (root: string) =>
  [".", ...listing(root)].map((name) => {
    const { ino, size, mtimeMs } = fs.lstatSync(path.join(root, name));
    return [name, ino, size, mtimeMs];
  });

describe("a store, what is prepared and what is unfinished", () => {
  it("are no place for anything else", async () => {
    const input = newAnalysis();
    const quick = ["-nthreads", "0", "-nshuffles", "20", "-quiet"];
    const run = async (...tokens: string[]) => {
      const { status, stderr } = await runInProcess(tokens);
      return { status, stderr: input.relative(stderr) };
    };
    expect(await runInProcess(convert(input, input.at("a.fxs")))).toMatchObject({ status: 0 });
    expect(await runInProcess(convert(input, input.at("a.h5")))).toMatchObject({ status: 0 });
    const fixels = (output: string) => ["fixelcfestats", ...input.positionals.slice(0, 5), output, ...quick];
    expect(await run(...fixels(input.at("out")))).toMatchObject({ status: 0 });
    await run("export", input.at("out"), input.at("a.h5"), "--analysis", "lm", "-quiet");
    const [prepared] = fs.readdirSync(input.at(".fixelstream")).filter((name) => name.endsWith(".fxc"));
    const unfinished = plantPartial(input.at("b.fxs.partial-"), deadId(), "store", { "FD.f32": "half" });
    const before = listing(input.root);
    for (const [directory, what] of [
      [input.at("a.fxs"), "a store"],
      [input.at(".fixelstream", prepared!), "a prepared connectivity"],
      [unfinished, "something unfinished"],
    ] as const) {
      const at = (...names: string[]) => path.join(directory, ...names);
      const typed = input.relative(directory);
      expect(await run(...fixels(at()), "-force")).toEqual({
        status: 1,
        stderr: `fixelstream: error: Cannot write results to ${typed}: expected a directory of the user's, got ${what} of fixelstream (${typed}). Choose another place.\n`,
      });
      for (const tokens of [
        fixels(at("stats")),
        [...fixels(at("stats")), "--dry-run"],
        ["vectorstats", input.at("a.fxs"), input.at("design.txt"), input.at("contrast.txt"), at("x_"), ...quick],
        convert(input, at("b.fxs")),
        convert(input, at("b.h5")),
        ["export", input.at("a.h5"), at("img"), "--analysis", "lm", "-quiet"],
        ["demo", at("demo"), "-quiet"],
        [...fixels(input.at("out2")), "--cache", at("cache")],
      ]) {
        const { status, stderr } = await runInProcess(tokens);
        expect({ tokens, status, stderr }).toMatchObject({
          status: 1,
          stderr: expect.stringMatching(
            /expected a directory of the user's, got (one in )?(a store|a prepared connectivity|something unfinished) of fixelstream/,
          ),
        });
      }
      expect(listing(input.root)).toEqual(before);
    }
  });

  it("a store that is made again from within is made beside itself", () => {
    const input = newAnalysis();
    expect(runCli(convert(input, input.at("a.fxs")), input.root)).toMatchObject({ status: 0 });
    const refused = runCli(convert(input, "."), input.at("a.fxs"));
    expect(refused.stderr).toMatch(/^fixelstream: error: Cannot write \.: it exists\. Give another name, or --force/);
    expect(runCli([...convert(input, "."), "--force"], input.at("a.fxs"))).toMatchObject({ status: 0, stderr: "" });
    expect(runCli([...convert(input, input.at("a.fxs")), "--force"], input.root)).toMatchObject({ status: 0 });
    expect(listing(input.root).filter((name) => /partial|replaced|lock/.test(name))).toEqual([]);
  });
});

describe("names of outputs", () => {
  it.each([
    ["", 'Cannot write "": expected a name, got none. Give the output a name.'],
    ["/", 'Cannot write "/": expected a name, got none. Give the output a name.'],
    [
      "q.h5/",
      "Cannot write q.h5/: expected the name of a file where it ends in .h5, got one with a slash behind it. Leave the slash away for an HDF5 file, or give a store another ending.",
    ],
  ])("%j", (output, message) => {
    const input = newAnalysis();
    const before = listing(input.root);
    expect(runCli(convert(input, output), input.root)).toMatchObject({
      status: 1,
      stderr: `fixelstream: error: ${message}\n`,
    });
    expect(listing(input.root)).toEqual(before);
  });
});

describe.each(ALL_COMMANDS)("%s --dry-run", (command) => {
  it("changes nothing, makes nothing, and settles nothing that a killed run left", async () => {
    const run = newRun(command);
    await run.infer();
    const prefix = NAMES[command].isPrefixed ? "x_" : "";
    // As killed after the first of two moves.
    const first = run.at("out", `${prefix}another.csv`);
    fs.writeFileSync(first, "new");
    const folder = plantPartial(run.at("out", ".partial-"), deadId(), "results", { [`${prefix}last.csv`]: "new" });
    const identity = (file: string) => {
      const { ino: inode, size: sizeBytes, mtimeMs } = fs.statSync(file);
      return { inode, sizeBytes, mtimeMs };
    };
    const files = [first, path.join(folder, `${prefix}last.csv`)].map((file) => ({
      name: path.basename(file),
      identity: identity(file),
      replaces: null,
    }));
    const publishing = { into: "..", ifKilled: "undo", files, removes: [] };
    fs.writeFileSync(path.join(folder, "publishing.json"), JSON.stringify(publishing));
    const before = stateOf(run.at());
    for (const tokens of [
      ["--dry-run", "-force"],
      ["--dry-run", "-force", "--cache", run.at("none", "cache")],
      ["--dry-run"],
    ])
      expect((await run.run(...tokens)).status).toBe(tokens.includes("-force") ? 0 : 1);
    expect(stateOf(run.at())).toEqual(before);
    expect((await run.run("-force")).status).toBe(0);
    expect(fs.existsSync(first)).toBe(false);
    expect(fs.existsSync(folder)).toBe(false);
  });

  it("does not take for results what the run would take away first", async () => {
    const run = newRun(command);
    fs.mkdirSync(run.at("out"), { recursive: true });
    const { beta, ending, isPrefixed } = NAMES[command];
    const prefix = isPrefixed ? "x_" : "";
    const name = `${prefix}${beta}${ending}`;
    fs.writeFileSync(run.at("out", name), "new");
    const folder = plantPartial(run.at("out", ".partial-"), deadId(), "results", { [`${prefix}run.json`]: "new" });
    const { ino: inode, size: sizeBytes, mtimeMs } = fs.statSync(run.at("out", name));
    const other = fs.statSync(path.join(folder, `${prefix}run.json`));
    const files = [
      { name, identity: { inode, sizeBytes, mtimeMs }, replaces: null },
      {
        name: `${prefix}run.json`,
        identity: { inode: other.ino, sizeBytes: other.size, mtimeMs: other.mtimeMs },
        replaces: null,
      },
    ];
    fs.writeFileSync(
      path.join(folder, "publishing.json"),
      JSON.stringify({ into: "..", ifKilled: "undo", files, removes: [] }),
    );
    const before = stateOf(run.at());
    expect(await run.run("--dry-run")).toMatchObject({ status: 0 });
    expect(stateOf(run.at())).toEqual(before);
    expect(await run.run()).toMatchObject({ status: 0 });
  });
});

describe("a store whose name is taken while it is put in place", () => {
  const begin = async () => {
    const input = newAnalysis();
    await runInProcess(convert(input, input.at("a.fxs")));
    const partial = createPartial({ kind: "store", prefix: partialPrefixOf(input.at("a.fxs")), contents: ["FD.f32"] });
    fs.writeFileSync(path.join(partial.path, "FD.f32"), "");
    const attempt = tryLock(input.at("a.fxs"), "write");
    if (!("lock" in attempt)) throw new Error("held");
    return { input, partial, lock: attempt.lock };
  };

  it("keeps the store that was to be replaced, and says where", async () => {
    const { input, partial, lock } = await begin();
    const rename = fs.renameSync;
    // Somebody makes a directory of the name between the two renames.
    const real = fs.statSync(input.at("a.fxs")).ino;
    let taken = false;
    const assertMine = () => {
      lock.assertMine(input.at("a.fxs"));
    };
    const watched = new Proxy(partial, {
      get: (target, key) => {
        if (key === "path" && fs.lstatSync(input.at("a.fxs"), { throwIfNoEntry: false }) === undefined && !taken) {
          taken = true;
          fs.mkdirSync(input.at("a.fxs"));
          fs.writeFileSync(input.at("a.fxs", "note.txt"), "mine");
        }
        return Reflect.get(target, key);
      },
    });
    expect(() =>
      publishStore(watched, { output: input.at("a.fxs"), replace: true, lock: { ...lock, assertMine } }),
    ).toThrow(
      /^Cannot write .*a\.fxs: expected nothing of that name once the work was done, got something, made meanwhile\. The store that was there is kept in (.*a\.fxs\.replaced-\S+)\. Move it away and run the command again\.$/,
    );
    expect(rename).toBe(fs.renameSync);
    const [aside] = fs.readdirSync(input.root).filter((name) => name.startsWith("a.fxs.replaced-"));
    expect(fs.statSync(input.at(aside!)).ino).toBe(real);
    expect(fs.readFileSync(input.at("a.fxs", "note.txt"), "utf8")).toBe("mine");
    partial.remove();
    lock.release();
    // and it comes back when the name is free
    fs.rmSync(input.at("a.fxs"), { recursive: true });
    expect(await runInProcess(["info", input.at("a.fxs")])).toMatchObject({ status: 0 });
    expect(fs.statSync(input.at("a.fxs")).ino).toBe(real);
  });

  it("is not put in place by one who lost the lock", async () => {
    const { input, partial, lock } = await begin();
    lock.release();
    const publish = () => publishStore(partial, { output: input.at("a.fxs"), replace: true, lock });
    expect(publish).toThrow(/: another process took it over, because this one gave no sign of life for minutes/);
    expect(fs.existsSync(input.at("a.fxs", "store.json"))).toBe(true);
    partial.remove();
  });
});
