// Maps of the data in the page: their numbers are those of the images, the matrix and the subjects' files.
import fs from "node:fs";
import { expect, it } from "vitest";
import { runWithReport } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { readSmallImage } from "../support/peer.js";
import { readPageParts } from "../support/read-page.js";
import { newReportCase, QUICK, readPage } from "../support/report-cases.js";
import { writeMatrix } from "../support/small-analysis.js";

it("residual sd, missing values and unconnected fixels are counted, placed and drawn", async () => {
  const input = newReportCase();
  // fixels 20 and 22 are connected with nobody, one of them with itself
  writeMatrix(input.at("matrix"), 24, (fixel) =>
    fixel === 20
      ? []
      : [fixel - 1, fixel, fixel + 1]
          .filter((other) => other === fixel || (other >= 0 && other < 20 && fixel < 20))
          .map((other) => [other, 1] as const)
          .filter(() => fixel < 20 || fixel === 22),
  );
  const bytes = fs.readFileSync(input.at("fd", "sub-3.mif"));
  const values = new Float32Array(new Uint8Array(bytes.subarray(256)).buffer);
  values[2] = Number.NaN;
  values[9] = Number.NaN;
  fs.writeFileSync(input.at("fd", "sub-3.mif"), rawFixelData(values));
  const { status, stderr } = await runWithReport(["fixelcfestats", ...input.positionals, ...QUICK]);
  expect(status, stderr).toBe(0);
  const page = readPage(input.at("out", "report.html"));
  const parts = readPageParts(page);
  expect(parts.textOf("data")).toContain("in 2 of 24 fixels somebody is left out.");
  expect(parts.tableOf("Missing values: all of them")!.rows.map(([fixel, n]) => [fixel, n])).toEqual([
    ["2", "1"],
    ["9", "1"],
  ]);
  expect(parts.textOf("data")).toContain("4 of 24 fixels are connected with no other");
  expect(parts.tableOf("Unconnected fixels: all of them")!.rows.map(([fixel]) => fixel)).toEqual([
    "20",
    "21",
    "22",
    "23",
  ]);
  const sd = [...readSmallImage(input.at("out", "std_dev.mif")).values].filter(Number.isFinite);
  const shown = parts.tableOf("Residual standard deviation")!.rows[0]!.map(Number);
  expect(shown[0]).toBeCloseTo(Math.min(...sd), 4);
  expect(shown[3]).toBeCloseTo(Math.max(...sd), 3);
  const pictures = JSON.parse(/<script type="application\/json" id="map-data">(.*?)<\/script>/s.exec(page)![1]!);
  expect(pictures).toHaveLength(9);
  for (const { id, width, height, values: packed } of pictures) {
    expect(parts.document.getElementById(id)).not.toBeNull();
    expect(Buffer.from(packed, "base64")).toHaveLength(width * height);
  }
  // every fixel is a voxel in a row
  const [axial] = pictures.filter(({ id }: { id: string }) => id === "map-1-axial");
  const drawn = Buffer.from(axial.values, "base64");
  expect([...drawn.keys()].filter((i) => drawn[i]! === 255)).toEqual([2, 9]);
}, 600_000);
