// Fuzz targets: what we wrote ourselves and somebody changed: store.json, a whole store, connectivity.json, and the matrix directories of the peer.
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { signed } from "../../src/checksum.js";
import { openConnectivity } from "../../src/connectivity/open-connectivity.js";
import { prepareConnectivity } from "../../src/connectivity/prepare-connectivity.js";
import { parseManifest } from "../../src/store/manifest.js";
import { openColumnSource } from "../../src/store/open-column-source.js";
import { openStore } from "../../src/store/open-store.js";
import { verifyStore } from "../../src/store/verify.js";
import { mutatedBytes, mutatedFile, mutatedText } from "./fuzz-inputs.js";
import { assertThat, type FuzzTarget } from "./fuzz-property.js";
import { writeMatrixDirectory } from "./make-problem.js";
import { makeStore, numberedValues } from "./make-store.js";

const JSON_LINES = [
  '"__proto__": {},',
  '"formatVersion": 2,',
  '"complete": false,',
  '"file": "../../etc/passwd",',
  "},",
  "[",
];

export async function storeTargets(directory: string): Promise<FuzzTarget<never>[]> {
  const values = numberedValues(3, 40);
  values[7] = Number.NaN;
  const store = await makeStore(directory, "fuzzed.fxs", { values, nSubjects: 3, blockWidth: 16 });
  // without its checksum: what is behind it must hold too
  const manifest = unsigned(fs.readFileSync(path.join(store, "store.json"), "utf8"));
  const pretty = JSON.stringify(JSON.parse(manifest), null, 1);
  const manifests = mutatedText([manifest, pretty], JSON_LINES);
  const targets = [
    {
      name: "store.json",
      path: "folder/x.fxs",
      inputs: manifests,
      run: (text: string) => parseManifest(text, "folder/x.fxs"),
    },
    {
      name: "store",
      path: store,
      inputs: mutatedFile([manifest, pretty], JSON_LINES),
      run(bytes: Uint8Array) {
        fs.writeFileSync(path.join(store, "store.json"), bytes);
        readStore(store);
      },
    },
    ...(await connectivityTargets(directory)),
  ];
  return targets as unknown as FuzzTarget<never>[];
}

const unsigned = (text: string): string => text.replace(/,\s*"crc32": \d+\s*\}\s*$/, "\n}\n");

/** As somebody writes it who knows how. */
function resigned(text: string): string {
  try {
    const json: unknown = JSON.parse(text);
    return json !== null && typeof json === "object" ? JSON.stringify(signed(json)) : text;
  } catch {
    return text;
  }
}

function readStore(path: string): void {
  const opened = openStore(path, { io: "read" });
  for (const name of opened.scalarNames) {
    opened.missing(name);
    const source = openColumnSource(opened.spec(name));
    const width = Math.min(opened.nElements, 20);
    source.copyColumnsInto(
      new Uint8Array(source.nRows * width * (source.spec.elementType === "f32" ? 4 : 8)),
      0,
      width,
    );
    source.close();
  }
  verifyStore(path);
}

async function connectivityTargets(directory: string): Promise<FuzzTarget<never>[]> {
  const matrix = path.join(directory, "matrix");
  const connectivity = {
    count: [2, 1, 0, 3],
    offset: [0, 2, 3, 3],
    fixels: [0, 1, 1, 0, 2, 3],
    values: [1, 0.5, 1, 0.25, 0.5, 1],
  };
  writeMatrixDirectory(matrix, connectivity);
  const inputs = (cache: string) => ({
    directory: matrix,
    nFixels: 4,
    elementOfFixel: undefined,
    nElements: 4,
    exponent: 0.5,
    cache,
  });
  const prepared = await prepareConnectivity(inputs(path.join(directory, "kept")));
  const json = unsigned(fs.readFileSync(path.join(prepared.path, "connectivity.json"), "utf8"));
  const files = ["index.mif", "fixels.mif", "values.mif"].map((name) => ({
    name,
    bytes: fs.readFileSync(path.join(matrix, name)),
  }));
  const damaged = fc.oneof(
    ...files.map(({ name, bytes }) => fc.record({ name: fc.constant(name), bytes: mutatedBytes([bytes]) })),
  );
  const cache = path.join(directory, "cache");
  const targets = [
    {
      name: "connectivity.json",
      path: prepared.path,
      inputs: mutatedText([json], JSON_LINES),
      run(text: string) {
        fs.writeFileSync(path.join(prepared.path, "connectivity.json"), resigned(text));
        const opened = openConnectivity(prepared.path, { io: "read" });
        opened.close();
        const { nElements, nConnections } = opened.manifest;
        assertThat(nElements === 4 && nConnections === 6, "sizes");
      },
    },
    {
      name: "matrix directory",
      path: matrix,
      inputs: damaged,
      async run({ name, bytes }: { name: string; bytes: Uint8Array }) {
        for (const file of files) fs.writeFileSync(path.join(matrix, file.name), file.bytes);
        fs.writeFileSync(path.join(matrix, name), bytes);
        fs.rmSync(cache, { recursive: true, force: true });
        const { manifest } = await prepareConnectivity(inputs(cache));
        assertThat(manifest.nElements === 4 && manifest.maxRowConnections <= 6, "rows");
      },
    },
  ];
  return targets as unknown as FuzzTarget<never>[];
}
