// npm run demo: what it says before anything is there to say it, with scripts of a package in place of ours.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { repositoryRoot } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

vi.setConfig({ testTimeout: 300_000 });

function newPackage(scripts: { setup: string; build: string }, { isInstalled = false } = {}) {
  const folder = temporaryDirectory();
  for (const name of ["build", "dist", "dist/bin", "node_modules"]) mkdirSync(join(folder, name));
  cpSync(join(repositoryRoot, "build", "demo.mjs"), join(folder, "build", "demo.mjs"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "x", type: "module", scripts }));
  writeFileSync(join(folder, "package-lock.json"), "{}");
  writeFileSync(
    join(folder, "dist", "bin", "fixelstream.js"),
    "process.stdout.write(process.argv.slice(2).join(' '));",
  );
  if (isInstalled) {
    writeFileSync(join(folder, "node_modules", ".package-lock.json"), "{}");
    utimesSync(join(folder, "package-lock.json"), 0, 0);
  }
  return {
    folder,
    run(...tokens: string[]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, "build", "demo.mjs"), ...tokens], {
        cwd: folder,
        encoding: "utf8",
      });
      return { status, stdout, stderr: stderr.replaceAll(/[\d.]+ s$/gm, "N s") };
    },
  };
}

it("says each step before it begins, and how long it took", () => {
  const { run, folder } = newPackage({ setup: "echo set > setup.txt", build: "echo built > build.txt" });
  expect(run("edges")).toEqual({
    status: 0,
    stdout: "demo edges",
    stderr: [
      "demo: 1 of 3: installing the packages of package-lock.json ..",
      "demo: 1 of 3: installing the packages of package-lock.json: done in N s",
      "demo: 2 of 3: building: AssemblyScript, TypeScript, the program ..",
      "demo: 2 of 3: building: AssemblyScript, TypeScript, the program: done in N s",
      "demo: 3 of 3: running fixelstream demo",
      "",
      "",
    ].join("\n"),
  });
  expect(existsSync(join(folder, "setup.txt")) && existsSync(join(folder, "build.txt"))).toBe(true);
});

it("leaves out what is done, and ends with a step that fails", () => {
  const { run, folder } = newPackage({ setup: "echo set > setup.txt", build: "exit 3" }, { isInstalled: true });
  const { status, stdout, stderr } = run();
  expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
  expect(stderr).toMatch(/^demo: 2 of 3: building.* \.\.\n/);
  expect(stderr).toMatch(/the program: failed in N s\n$/);
  expect(existsSync(join(folder, "setup.txt"))).toBe(false);
});

it("is what npm run demo runs", () => {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));
  expect(scripts.demo).toBe("node build/demo.mjs");
});
