// Every layout of a ModelArray file seen in the wild, written by h5py and rhdf5: used where it lies or converted, the values are the same.
// The committed files stand for the writers everywhere; where these are installed, files that they write now are tested as well.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { convertModelArray } from "../../../converters/modelarray.js";
import { resolveFixelInput } from "../../../src/app/inputs/fixel-input.js";
import { openColumnSource } from "../../../src/store/open-column-source.js";
import {
  cohortValues,
  H5PY_CASES,
  hasH5py,
  hasRhdf5,
  hdf5Fixtures,
  type LayoutCase,
  makeWithH5py,
  makeWithRhdf5,
  nFixels,
  nSubjects,
  RHDF5_CASES,
  readStoreMatrix,
  subjectNames,
} from "../../support/hdf5-fixtures.js";
import { writeTemplate } from "../../support/make-cohort.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const template = join(directory, "template");
writeTemplate(template, nFixels);

const scalarOf = ({ file }: LayoutCase) => (file.includes("needs-float64") ? "log_FC" : "FD");
const expectedOf = ({ offset = 0, factor = 1, nSubjects: n }: LayoutCase) =>
  cohortValues(n).map((value) => value * factor + offset);
const namesOf = ({ nSubjects: n = nSubjects }: LayoutCase) =>
  n === nSubjects ? subjectNames : Array.from({ length: n }, (_, i) => `s${i}`);

const resolve = (path: string, layout: LayoutCase, more = {}) =>
  resolveFixelInput({
    ...{ input: path, subjects: "-", scalar: scalarOf(layout), cache: "", memoryBytes: 2 ** 24, io: "auto" as const },
    ...{ command: "", template: layout.hasTables ? undefined : template },
    ...more,
  });

function describeLayouts(cases: readonly LayoutCase[], folder: string): void {
  const places = cases.map((layout) => ({ layout, path: join(folder, layout.file), name: layout.file }));
  test.each(places)("$name becomes a store with the same values", async ({ layout, path }) => {
    const output = join(directory, `${folder.replaceAll("/", "_")}-${layout.file}.fxs`);
    await convertModelArray({
      ...{ input: path, output, scalar: undefined, gzipLevel: undefined, memoryBytes: 2 ** 26, force: false },
      ...{ command: "test", template: layout.hasTables ? undefined : template },
    });
    const { values, names, type } = readStoreMatrix(output, scalarOf(layout));
    expect(values).toEqual(expectedOf(layout));
    expect(names).toEqual(namesOf(layout));
    expect(type).toBe(layout.offset === undefined ? "f32" : "f64");
  });
  test.each(places.filter(({ layout }) => !layout.obstacle))(
    "$name is read where it lies",
    async ({ layout, path }) => {
      const input = await resolve(path, layout);
      expect(input.subjects).toEqual(namesOf(layout));
      const { spec, missing, sources } = await input.open();
      expect(missing).toBeUndefined();
      expect(sources).toHaveLength(nSubjects);
      expect(spec.layout).toBe("row-major");
      const source = openColumnSource(spec);
      const bytes = new Uint8Array(nSubjects * nFixels * (spec.elementType === "f32" ? 4 : 8));
      source.copyColumnsInto(bytes, 0, nFixels);
      source.close();
      const found = spec.elementType === "f32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
      expect(Array.from(found)).toEqual(expectedOf(layout));
    },
  );
  test.each(places.filter(({ layout }) => layout.obstacle))(
    "$name is refused with the command that converts it",
    async ({ layout, path }) => {
      const error = await resolve(path, layout).catch((found: Error) => found);
      expect((error as Error).message).toMatch(layout.obstacle!);
      const more = layout.hasTables ? "" : ` --template ${template}`;
      expect((error as Error).message).toContain(
        `fixelstream convert modelarray ${path} ${path.replace(/h5$/, "fxs")} --scalar FD${more}`,
      );
    },
  );
}

describe("committed files", () => describeLayouts([...H5PY_CASES, ...RHDF5_CASES], hdf5Fixtures));

describe.skipIf(!hasH5py)("files that h5py writes now", () => {
  const folder = join(directory, "h5py");
  beforeAll(() => makeWithH5py(folder));
  describeLayouts(H5PY_CASES, folder);
});

describe.skipIf(!hasRhdf5)("files that rhdf5 writes now", () => {
  const folder = join(directory, "rhdf5");
  beforeAll(() => {
    mkdirSync(folder);
    makeWithRhdf5(folder);
  });
  describeLayouts(RHDF5_CASES, folder);
});

describe("subjects of a file where it lies", () => {
  const layout = H5PY_CASES[0]!;
  test("a list selects and orders rows", async () => {
    const { writeFileSync } = await import("node:fs");
    const list = join(directory, "list.txt");
    writeFileSync(list, "sub-05.mif\nsub-02.mif\n");
    const input = await resolve(join(hdf5Fixtures, layout.file), layout, { subjects: list });
    expect(input.subjects).toEqual(["sub-05.mif", "sub-02.mif"]);
    expect((await input.open()).spec.rows).toEqual([4, 1]);
  });
  test("rows that differ only in their template", async () => {
    const input = await resolve(join(hdf5Fixtures, layout.file), layout, { template });
    expect(input.template.indexPath).toBe(join(template, "index.mif"));
  });
});
