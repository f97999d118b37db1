// What a user reads when images of voxels, or what goes with them, cannot be used: one test a message.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeImage } from "../../src/formats/image.js";
import { runInProcess } from "../support/in-process-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { makeVolumes } from "../support/volumes.js";

const { directory, at } = makeVolumes(join(temporaryDirectory(), "v"), { size: [4, 3, 2], nSubjects: 8 });

async function refused(...tokens: string[]): Promise<string> {
  const given = tokens.map((token) => (token.includes(".") ? at(token) : token));
  const result = await runInProcess([...given, "-quiet"]);
  expect({ status: result.status, stdout: result.stdout }, result.stderr).toEqual({ status: 1, stdout: "" });
  return result.stderr
    .replaceAll(`${directory}/`, "")
    .replace(/^fixelstream: error: /, "")
    .trimEnd();
}

describe("a list", () => {
  it("that is an image", async () => {
    writeImage(at("all.mif"), { dimensions: [4, 3, 2, 8], dataType: "Float32LE" }, new Float32Array(192).fill(1));
    for (const tokens of [
      [
        "mrclusterstats",
        "all.mif",
        "design.txt",
        "contrast.txt",
        "mask.mif",
        "./x_",
        "-nshuffles",
        "60",
        "--seed",
        "1",
      ],
      ["convert", "voxels", "all.mif", "mask.mif", "never.fxs"],
    ])
      expect(await refused(...tokens)).toBe(
        "Cannot use all.mif as a list: expected a text with one image a line, got an image. Write the names of the subjects' images into a text, and give that. Volumes of one file become images by mrconvert all.mif -coord 3 0 -axes 0,1,2 sub-0.mif, and so on.",
      );
  });
});
