// One test a message: why a directory does not open as a store, and why a list does not select from it.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openColumnSource } from "../../src/store/open-column-source.js";
import { openStore } from "../../src/store/open-store.js";
import { selectRows } from "../../src/store/select-rows.js";
import { makeStore, numberedValues } from "../support/make-store.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
let made = 0;
async function damagedStore(damage: (store: string) => void): Promise<string> {
  const values = numberedValues(3, 40);
  values[0] = Number.NaN;
  const store = await makeStore(directory, `store${made++}.fxs`, { values, nSubjects: 3, blockWidth: 16 });
  damage(store);
  return store;
}
interface LooseManifest {
  scalars: { FD: { sources: unknown[]; blockCrc32: unknown[] } };
}
function editManifest(edit: (json: LooseManifest) => void): Promise<string> {
  return damagedStore((store) => {
    const file = path.join(store, "store.json");
    const json = JSON.parse(fs.readFileSync(file, "utf8"));
    edit(json);
    fs.writeFileSync(file, JSON.stringify(json));
  });
}
const open = (store: string) => () => openStore(store, { io: "auto" });

describe("opening a store refuses", () => {
  it("a path that is not there", async () => {
    expect(open(path.join(directory, "none.fxs"))).toThrow(
      /^Cannot open .*none.fxs as a store: there is no such directory.$/,
    );
  });
  it("a directory without store.json", async () => {
    expect(open(await damagedStore((store) => fs.rmSync(path.join(store, "store.json"))))).toThrow(
      /expected a directory with a store.json, got one without/,
    );
  });
  it("a file", async () => {
    const file = path.join(directory, "file.fxs");
    fs.writeFileSync(file, "");
    expect(open(file)).toThrow(/expected a directory, got a file/);
  });
  it("a conversion that did not finish, by either name", async () => {
    const store = await damagedStore((store) => fs.renameSync(store, `${store}.partial`));
    expect(open(store)).toThrow(/its conversion did not finish. Run the same convert command again/);
    expect(open(`${store}.partial/`)).toThrow(/it is a conversion that did not finish/);
  });
  it("another format version", async () => {
    expect(open(await editManifest((json) => Object.assign(json, { formatVersion: 2 })))).toThrow(
      /expected format version 1, got 2. It was written by another version/,
    );
  });
  it("text that is not JSON", async () => {
    expect(open(await damagedStore((store) => fs.truncateSync(path.join(store, "store.json"), 100)))).toThrow(
      /its store.json is not JSON \(.*Convert the cohort again/s,
    );
  });
  it("a value of the wrong kind, naming where", async () => {
    expect(open(await editManifest((json) => Object.assign(json, { nSubjects: "three" })))).toThrow(
      /its store.json is damaged \(nSubjects: .*expected number/,
    );
    expect(open(await editManifest((json) => Object.assign(json, { complete: false })))).toThrow(
      /damaged \(complete: /,
    );
    expect(open(await editManifest((json) => Object.assign(json.scalars.FD, { file: "../../etc/passwd" })))).toThrow(
      /scalars.FD.file: expected a file name without a directory/,
    );
  });
  it("numbers that contradict each other", async () => {
    expect(open(await editManifest((json) => json.scalars.FD.sources.pop()))).toThrow(
      /contradicts itself \(FD: 2 sources for 3 subjects\)/,
    );
    expect(open(await editManifest((json) => json.scalars.FD.blockCrc32.pop()))).toThrow(
      /FD: 2 checksums for 3 blocks/,
    );
  });
  it("a data file of the wrong size, or none", async () => {
    expect(open(await damagedStore((store) => fs.truncateSync(path.join(store, "FD.f32"), 500)))).toThrow(
      /expected 576 bytes in FD.f32, got 500. It is damaged or was copied in part/,
    );
    expect(open(await damagedStore((store) => fs.rmSync(path.join(store, "FD.f32"))))).toThrow(
      /expected 576 bytes in FD.f32, got no such file/,
    );
    expect(open(await damagedStore((store) => fs.truncateSync(path.join(store, "FD.missing"), 4)))).toThrow(
      /expected 160 bytes in FD.missing, got 4/,
    );
  });
});

describe("using a store refuses", () => {
  it("a scalar that it does not have", async () => {
    const store = openStore(await damagedStore(() => {}), { io: "auto" });
    expect(() => store.spec("FC")).toThrow(/Cannot use scalar FC: .* has FD\./);
    expect(() => store.spec("constructor")).toThrow(/Cannot use scalar constructor/);
  });
  it("a matrix that does not fit the file", async () => {
    const spec = openStore(await damagedStore(() => {}), { io: "auto" }).spec("FD");
    expect(() => openColumnSource({ ...spec, nElements: 49 })).toThrow(
      /expected 768 bytes for 3 rows of 49 elements, got 576/,
    );
  });
});

describe("selecting rows", () => {
  const where = { listPath: "list.txt", storePath: "cohort.fxs" };
  it("orders by the list", async () => {
    expect(selectRows(["c", "a"], ["a", "b", "c"], where)).toEqual([2, 0]);
  });
  it("a base name, with its ending or without, and another folder mean the subject that alone has it", async () => {
    const paths = ["/data/one/sub-1_fd.mif", "/data/two/sub-2_fd.mif"];
    expect(selectRows(["sub-2_fd.mif", "sub-1_fd"], paths, where)).toEqual([1, 0]);
    expect(selectRows(["/moved/two/sub-2_fd.mif"], paths, where)).toEqual([1]);
    expect(() => selectRows(["fd.mif"], ["s1/fd.mif", "s2/fd.mif"], where)).toThrow(
      "in the store more than once: fd.mif.",
    );
    expect(() => selectRows(["s1/fd.mif", "x/s1/fd.mif"], ["s1/fd.mif", "s2/fd.mif"], where)).toThrow(
      "listed more than once: x/s1/fd.mif.",
    );
  });
  it("takes all names of a store as they are, though one is there twice", async () => {
    expect(selectRows(["a", "b", "a"], ["a", "b ", "a"], where)).toEqual([0, 1, 2]);
  });
  it("names what is unknown, repeated or ambiguous, all at once", async () => {
    expect(() => selectRows(["x", "a", "a", "d"], ["a", "d", "d"], where)).toThrow(
      "Cannot select subjects of list.txt from cohort.fxs: not in the store: x; listed more than once: a; in the store more than once: d. " +
        "Write each name once, as it was listed when the store was made (info --subjects prints them).",
    );
  });
  it("names the first five of many", async () => {
    expect(() => selectRows(["1", "2", "3", "4", "5", "6", "7"], [], where)).toThrow(
      /not in the store: 1, 2, 3, 4, 5 and 2 more\./,
    );
  });
});
