import fs from "node:fs";
import path from "node:path";
import type { IoPolicy } from "../../src/mapping/file-bytes.js";
import { openColumnSource } from "../../src/store/open-column-source.js";
import { openStore } from "../../src/store/open-store.js";
import { makeStore, numberedValues } from "../support/make-store.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { describeColumnSource } from "./describe-column-source.js";

const directory = temporaryDirectory();
const f32 = numberedValues(5, 150);
const f64 = Float64Array.from(f32, (value) => value + 2 ** -30);

for (const io of ["read", "mmap"] as IoPolicy[]) {
  for (const [elementType, values] of [
    ["f32", f32],
    ["f64", f64],
  ] as const) {
    const store = await makeStore(directory, `${elementType}-${io}.fxs`, { values, nSubjects: 5, blockWidth: 16 });
    describeColumnSource(`blocked ${elementType}, --io ${io}`, (rows) => ({
      values,
      source: openColumnSource(openStore(store, { io }).spec("FD", rows)),
    }));

    // Odd offset: rhdf5 was seen to put a dataset at byte 31719.
    const file = path.join(directory, `${elementType}-${io}.raw`);
    fs.writeFileSync(file, Buffer.concat([Buffer.alloc(31719, 1), Buffer.from(values.buffer)]));
    const spec = {
      path: file,
      byteOffset: 31719,
      layout: "row-major",
      nRowsInFile: 5,
      nElements: 150,
      elementType,
      blockWidth: 64,
      io,
      ours: false,
    } as const;
    describeColumnSource(`row-major ${elementType}, --io ${io}`, (rows) => ({
      values,
      source: openColumnSource(rows === undefined ? spec : { ...spec, rows }),
    }));
  }
}
