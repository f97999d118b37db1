// Names that become files: what is refused, typed or out of a file.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convertModelArray } from "../../converters/modelarray.js";
import { openLocalDraft } from "../../src/formats/hdf5/local-draft.js";
import { isPlainName } from "../../src/formats/plain-name.js";
import { writeTemplate } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

describe("isPlainName", () => {
  it.each(["FD", "log_fc", "FD smooth", "fd.2", "ä", "constructor", "x".repeat(200)])("takes %j", (name) => {
    expect(isPlainName(name)).toBe(true);
  });
  it.each([
    "",
    ".",
    "..",
    ".hidden",
    "a/b",
    "a\\b",
    "__proto__",
    "a\nb",
    "a\u001bb",
    "a\u0000b",
    "\u009b",
    "\ud800",
    "ä".repeat(101),
  ])("refuses %j", (name) => {
    expect(isPlainName(name)).toBe(false);
  });
});

describe("a scalar of an .h5", () => {
  const directory = temporaryDirectory();
  const template = join(directory, "template");
  writeTemplate(template, 3);
  it.each(["a\\b", "__proto__", "a\u001b[31mb"])("called %j is refused", async (name) => {
    const input = join(directory, "names.h5");
    const draft = await openLocalDraft(input, input, "make");
    draft.makeMatrix(`/scalars/${name}/values`, { shape: [2, 3], type: "f32" });
    draft.makeTexts(`/scalars/${name}/column_names`, ["a", "b"]);
    draft.close();
    for (const ending of ["fxs", "h5"]) {
      const output = join(directory, `out.${ending}`);
      await expect(
        convertModelArray({
          ...{ input, output, scalar: undefined, template, gzipLevel: undefined, memoryBytes: 2 ** 26 },
          ...{ force: true, command: "test" },
        }),
      ).rejects.toThrow(
        `Cannot convert ${JSON.stringify(name)} of ${input}: expected a scalar whose name can be that of a file, such as FD, got another.`,
      );
    }
    rmSync(input);
  });
});
