// What `npm pack` makes of a fresh clone is what users install: it must run, and be complete. The clone is the files under version control as they
// are now; packages come from here, by links, because nothing may be downloaded in a test.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../src/version.js";
import { repositoryRoot } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const isRepository = existsSync(join(repositoryRoot, ".git"));

/** Links to every package: a directory of our own, so that nothing that cleans it reaches what the links lead to. */
function linkPackages(folder: string, names: (name: string) => boolean): void {
  const from = join(repositoryRoot, "node_modules");
  const target = join(folder, "node_modules");
  mkdirSync(target);
  for (const name of readdirSync(from)) {
    if (name.startsWith("@")) {
      mkdirSync(join(target, name));
      for (const own of readdirSync(join(from, name)))
        if (names(`${name}/${own}`)) symlinkSync(join(from, name, own), join(target, name, own));
    } else if (names(name)) symlinkSync(join(from, name), join(target, name));
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

describe.skipIf(!isRepository)("npm pack of a fresh clone", () => {
  let unpacked = "";
  let files: string[] = [];

  beforeAll(() => {
    const clone = temporaryDirectory();
    const listed = execFileSync("git", ["ls-files", "-z"], { cwd: repositoryRoot, encoding: "utf8" });
    for (const file of listed.split("\0").filter((name) => name !== "")) {
      const source = join(repositoryRoot, file);
      if (existsSync(source)) cpSync(source, join(clone, file));
    }
    linkPackages(clone, () => true);
    utimesSync(join(clone, "package-lock.json"), 0, 0); // older than what is installed: nothing to install
    expect(existsSync(join(clone, "dist"))).toBe(false);
    const packed = spawnSync("npm", ["pack", "--json", "--offline"], { cwd: clone, encoding: "utf8" });
    expect({ status: packed.status, stderr: packed.status === 0 ? "" : packed.stderr }).toEqual({
      status: 0,
      stderr: "",
    });
    const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
    const folder = temporaryDirectory();
    execFileSync("tar", ["-xzf", join(clone, filename), "-C", folder]);
    unpacked = join(folder, "package");
    files = filesBelow(unpacked);
    const { dependencies } = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
    // those that users get, and what they need themselves
    const development = ["typescript", "esbuild", "vitest", "assemblyscript", "@biomejs/biome", "playwright-core"];
    linkPackages(unpacked, (name) => name in dependencies || !development.includes(name));
  });

  const run = (tokens: readonly string[]) => {
    const { bin } = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(unpacked, bin.fixelstream), ...tokens], {
      cwd: temporaryDirectory(),
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };

  it("runs", () => {
    expect(run(["-version"])).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
    const demo = run(["demo"]);
    expect(demo.status, demo.stderr).toBe(0);
    expect(demo.stdout).toContain("are significant");
  });

  it("is a library", () => {
    const script = `import { inferFixels } from ${JSON.stringify(join(unpacked, "dist/src/index.js"))}; process.stdout.write(typeof inferFixels);`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(stdout).toBe("function");
  });

  it("has the specifications, the house rules and the licences of what it contains", () => {
    for (const file of [
      "src/store/FORMAT.md",
      "src/connectivity/FORMAT.md",
      "src/results/FORMAT.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "dist/program/LICENSES.txt",
    ])
      expect(files).toContain(file);
  });

  it("has no source map, and none is asked for", () => {
    expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
    const asking = files.filter(
      (file) => /\.c?js$/.test(file) && /^\/\/# sourceMappingURL/m.test(readFileSync(join(unpacked, file), "utf8")),
    );
    expect(asking).toEqual([]);
  });

  it("has no test, no source and no tool", () => {
    expect(files.filter((file) => /^(test|build|\.ci)\//.test(file) || /(?<!\.d)\.ts$/.test(file))).toEqual([]);
  });

  it("has what its documents link to", () => {
    const broken = files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) =>
        [...readFileSync(join(unpacked, file), "utf8").matchAll(/\]\((?!\w+:)([^)#\s]+)(?:#[^)]*)?\)/g)]
          .filter(([, target]) => !existsSync(join(unpacked, dirname(file), target!)))
          .map(([, target]) => `${file}: ${target}`),
      );
    expect(broken).toEqual([]);
  });

  it("is small: at most 12 MB unpacked", () => {
    const bytes = files.reduce((sum, file) => sum + statSync(join(unpacked, file)).size, 0);
    expect(bytes).toBeLessThanOrEqual(12e6);
  });
});
