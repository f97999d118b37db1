// One test a message about the data given to fixelcfestats, whole and word for word. Nothing is left behind; what can be known is known before converting.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { expectRefusal, newAnalysis, refuses, write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData, rawMif } from "../support/make-cohort.js";
import { makeTemporaryDirectory } from "../support/peer.js";

describe("subjects", () => {
  refuses([
    [
      "a file that is missing",
      (input) => fs.rmSync(input.at("fd", "sub-3.mif")),
      "Cannot find the files named in subjects.txt: expected all 8 in one folder, got none that has them: in fd the first one missing is sub-3.mif (3 of 8); in . the first one missing is sub-1.mif (1 of 8); in the working directory the first one missing is sub-1.mif (1 of 8). Correct the names, or move the list beside the files.",
    ],
    [
      "another number of fixels, naming the subject",
      (input) => write(input, "fd/sub-5.mif", rawFixelData(new Float32Array(23))),
      "Cannot use fd/sub-5.mif: expected 24 x 1 x 1 values, one a fixel of the template, got 23 x 1 x 1. Use files of the same fixel template (fixelcorrespondence) for all subjects.",
    ],
    [
      "a header that is none",
      (input) => write(input, "fd/sub-2.mif", "mrtrix image\ndim: 24,1\n"),
      "Cannot read fd/sub-2.mif: expected a line `END` after the header, got none in 23 bytes. The file is truncated or not an image; make it again.",
    ],
    [
      "data cut off",
      (input) => fs.truncateSync(input.at("fd/sub-8.mif"), 300),
      "Cannot read fd/sub-8.mif: expected 352 bytes (24 x 1 x 1 elements of Float32LE from byte 256), got 300. The file is truncated; copy or make it again.",
    ],
    [
      "a list that is not there",
      (input) => fs.rmSync(input.at("subjects.txt")),
      "Cannot read subjects.txt: expected a text file, got no such file. Check the path and its permissions.",
    ],
    [
      "a list without a name",
      (input) => write(input, "subjects.txt", "\n \n"),
      "Cannot read subjects.txt: expected one file name a line, got no name at all. Is it the right file?",
    ],
  ]);

  it("several at once, each in a line of its own", async () => {
    const input = newAnalysis();
    write(input, "fd/sub-1.mif", rawFixelData(new Float32Array(7)));
    fs.truncateSync(input.at("fd/sub-2.mif"), 256);
    await expectRefusal(input, input.positionals, {
      messages: [
        "2 of 8 subject files cannot be used:\n" +
          "  Cannot use fd/sub-1.mif: expected 24 x 1 x 1 values, one a fixel of the template, got 7 x 1 x 1. Use files of the same fixel template (fixelcorrespondence) for all subjects.\n" +
          "  Cannot read fd/sub-2.mif: expected 352 bytes (24 x 1 x 1 elements of Float32LE from byte 256), got 256. The file is truncated; copy or make it again.",
      ],
    });
  });
});

describe("the fixel directory", () => {
  refuses([
    [
      "not there",
      (input) => fs.renameSync(input.at("fd"), input.at("fixels")),
      "Cannot use fd: expected a fixel directory, got nothing of that name. Give the folder that holds index.mif and directions.mif.",
    ],
    [
      "without an index",
      (input) => fs.rmSync(input.at("fd", "index.mif")),
      "Cannot use fd: expected a file index.mif, .nii, .mif.gz or .nii.gz in it, got none. Is it a fixel directory?",
    ],
    [
      "with directions of another number",
      (input) => write(input, "fd/directions.mif", rawMif([9, 3, 1], "Float32LE", new Uint8Array(108))),
      "Cannot use fd/directions.mif: expected 24 x 3 x 1 values, as the index counts 24 fixels, got 9 x 3 x 1. Make the fixel directory again.",
    ],
  ]);

  it("without a subject list: `-` is for stores", async () => {
    const input = newAnalysis();
    const [fd, , ...rest] = input.positionals;
    await expectRefusal(input, [fd!, "-", ...rest], {
      status: 2,
      messages: [
        'Cannot use - as the subject list: expected a file naming one subject a line, because fd is a fixel directory. "-" stands for all subjects of a store.',
      ],
    });
  });
});

describe("a store", () => {
  /** The analysis through a store, which `damage` then damages. */
  async function throughStore(damage: (store: string) => void, subjects = "-", options: readonly string[] = []) {
    const input = newAnalysis();
    const store = input.at("cohort.fxs");
    const converted = await runInProcess(["convert", "fixels", ...input.positionals.slice(0, 2), store, "-quiet"]);
    expect(converted).toEqual({ status: 0, stdout: "", stderr: "" });
    damage(store);
    return { input, tokens: [store, subjects, ...input.positionals.slice(2), ...options] };
  }
  const cases: [string, (store: string) => void, string][] = [
    [
      "that is unfinished",
      (store) => fs.renameSync(store, `${store}.partial`),
      "Cannot open cohort.fxs as a store: its conversion did not finish. Run the same convert command again.",
    ],
    [
      "of another version",
      (store) => {
        const manifest = JSON.parse(fs.readFileSync(path.join(store, "store.json"), "utf8"));
        fs.writeFileSync(path.join(store, "store.json"), JSON.stringify({ ...manifest, formatVersion: 99 }));
      },
      "Cannot open cohort.fxs as a store: expected format version 1, got 99. It was written by another version of fixelstream: use that one, or convert the cohort again.",
    ],
  ];
  it.each(cases)("%s", async (_name, damage, message) => {
    const { input, tokens } = await throughStore(damage);
    await expectRefusal(input, tokens, { messages: [message] });
  });
  it("that has another scalar", async () => {
    const { input, tokens } = await throughStore(() => {}, "-", ["--scalar", "FC"]);
    await expectRefusal(input, tokens, {
      status: 2,
      messages: ["Cannot use scalar FC: cohort.fxs holds FD. Choose one with --scalar."],
    });
  });
  it("with subjects it does not have, or twice", async () => {
    const list = path.join(makeTemporaryDirectory(), "selection.txt");
    fs.writeFileSync(list, "sub-1.mif\nsub-9.mif\nsub-1.mif\n");
    const { input, tokens } = await throughStore(() => {}, list);
    await expectRefusal(input, tokens, {
      messages: [
        `Cannot select subjects of ${list} from cohort.fxs: not in the store: sub-9.mif; listed more than once: sub-1.mif. Write each name once, as it was listed when the store was made (info --subjects prints them).`,
      ],
    });
  });
});

describe("masks", () => {
  refuses([
    [
      "of another template",
      (input) => {
        write(input, "mask.mif", rawFixelData(new Float32Array(30).fill(1)));
        return ["-mask", input.at("mask.mif")];
      },
      "Cannot use mask.mif: expected 24 x 1 x 1 values, one a fixel of the template, got 30 x 1 x 1. Make the mask of the same fixel template.",
    ],
    [
      "with nothing inside",
      (input) => {
        write(input, "mask.mif", rawFixelData(new Float32Array(24)));
        return ["-mask", input.at("mask.mif")];
      },
      "Cannot use the mask mask.mif: expected at least one value that is not 0 when it is rounded, got none. Is it the right file?",
    ],
    [
      "that is no image",
      (input) => ["-mask", input.at("design.txt")],
      "Cannot open design.txt: expected a name ending in one of .mif, .mih, .mif.gz, .nii, .nii.gz, got another. Convert it with mrconvert.",
    ],
  ]);
});
