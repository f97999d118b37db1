// Files that lead libhdf5 astray: into endless loops, to gigabytes that a few kilobytes promise, to other files. Each is an error that names the file, soon,
// and the process goes on.
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadHdf5 } from "../../../src/formats/hdf5/library.js";
import { openLocalDraft } from "../../../src/formats/hdf5/local-draft.js";
import { chooseScalar, describeScalar, listScalars } from "../../../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../../src/formats/hdf5/open.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
const messageOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: Error) => error.message.replaceAll(`${directory}/`, ""),
  );
type Group = { create_external_link(file: string, object: string, name: string): void };

const NAMES = Array.from({ length: 8 }, (_, i) => `sub-${i}`);
async function writeCohort(name: string): Promise<string> {
  const path = at(name);
  const draft = await openLocalDraft(path, path, "make");
  draft.makeMatrix("/scalars/FD/values", { shape: [8, 40], type: "f32" });
  draft.makeTexts("/scalars/FD/column_names", NAMES);
  draft.close();
  return path;
}

/** The second name's place in the heap of texts says that it is of no length: libhdf5 looks for the end of the heap for ever. */
async function writeEndless(name: string): Promise<string> {
  const path = await writeCohort(name);
  const bytes = fs.readFileSync(path);
  const first = bytes.indexOf("GCOL") + 16;
  const second = first + 16 + Math.ceil(Number(bytes.readBigUInt64LE(first + 8)) / 8) * 8;
  bytes.writeBigUInt64LE(0n, second + 8);
  bytes.fill(0, second + 16, second + 40);
  fs.writeFileSync(path, bytes);
  return path;
}

test("an endless loop inside libhdf5 ends with its thread, and the next file is read", {
  timeout: 60_000,
}, async () => {
  const file = await openHdf5(await writeEndless("endless.h5"));
  const [whole, start] = [await openHdf5(await writeCohort("whole.h5")), performance.now()];
  const turns: number[] = [];
  const timer = setInterval(() => turns.push(performance.now()), 100);
  const found = await messageOf(file.readTexts("/scalars/FD/column_names"));
  clearInterval(timer);
  expect(found).toBe(
    "Cannot read /scalars/FD/column_names of endless.h5: libhdf5 was at it for 10 s without reading or coming to an end. The file is damaged: restore it, or make it again.",
  );
  expect(performance.now() - start).toBeGreaterThan(9000);
  expect(turns.length).toBeGreaterThan(20); // the event loop lived meanwhile
  await file.close();
  await whole.close();
  const again = await openHdf5(at("whole.h5"));
  expect((await describeScalar(again, "FD")).subjectNames).toEqual(NAMES);
  await again.close();
});

test("a signal ends a loop inside libhdf5 within a second", async () => {
  const controller = new AbortController();
  const file = await openHdf5(await writeEndless("stopped.h5"), controller.signal);
  setTimeout(() => controller.abort(new Error("stop")), 300);
  const start = performance.now();
  expect(await messageOf(file.readTexts("/scalars/FD/column_names"))).toBe("stop");
  // a second on a quiet machine; libhdf5 by itself is given up after ten
  expect(performance.now() - start).toBeLessThan(5000);
  await file.close();
});

test("more values than the file can hold are not read", async () => {
  const path = at("promise.h5");
  const draft = await openLocalDraft(path, path, "make");
  draft.makeMatrix("/scalars/FD/values", { shape: [8, 10 ** 9], type: "f32", gzip: { level: 1, chunk: [8, 1000] } });
  draft.makeTexts("/scalars/FD/column_names", NAMES);
  draft.close();
  const file = await openHdf5(path);
  const values = await file.describe("/scalars/FD/values");
  expect(await messageOf(file.readRectangle(values, [0, 0], [1, 10]))).toMatch(
    /^Cannot read \/scalars\/FD\/values of promise\.h5: expected values that a file of .* can hold, got a description of 8 x 1000000000 values of 4 bytes\. They were never written, or the file is damaged: make it again\.$/,
  );
  await file.close();
});

test("names that are more than rows and columns are not read", async () => {
  const path = at("names.h5");
  const draft = await openLocalDraft(path, path, "make");
  draft.makeMatrix("/scalars/FD/values", { shape: [8, 40], type: "f32" });
  draft.makeTexts("/scalars/FD/column_names", [...NAMES, "one more"]);
  draft.close();
  const file = await openHdf5(path);
  expect(await messageOf(describeScalar(file, "FD"))).toBe(
    "Cannot use /scalars/FD/column_names of names.h5: expected 8 or 40 names, one for each row or column of the values, got 9. Make the file again.",
  );
  await file.close();
});

test("a link to another file is not followed", async () => {
  await writeCohort("other.h5");
  const link = (await loadHdf5()).openFile(at("link.h5"), "x");
  const scalar = link.create_group("scalars").create_group("FD");
  (scalar as unknown as Group).create_external_link("other.h5", "/scalars/FD/values", "values");
  link.close();
  const file = await openHdf5(at("link.h5"));
  expect(await messageOf(chooseScalar(file, undefined))).toBe(
    "Cannot read /scalars of link.h5: expected everything in the file itself, got a link to another file, other.h5. Copy it into one file: h5repack --merge -f NONE -l CONTI link.h5 link-plain.h5",
  );
  await file.close();
});

test("20,000 groups are listed in the time of their number", async () => {
  const many = (await loadHdf5()).openFile(at("many.h5"), "x");
  const scalars = many.create_group("scalars");
  for (let i = 0; i < 20_000; i++) scalars.create_group(`g${i}`);
  many.close();
  const start = performance.now();
  const file = await openHdf5(at("many.h5"));
  expect(await messageOf(listScalars(file))).toMatch(/got g0, g1, .* and 19994 more in \/scalars/);
  expect(performance.now() - start).toBeLessThan(20_000);
  await file.close();
});
