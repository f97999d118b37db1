// What to type after a run, to see what it found.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../shell-word.js";
import type { InferenceSummary } from "./inference.js";

const ENDINGS = [".mif", ".nii", ".mif.gz", ".nii.gz"];

/** A command line of mrview; undefined: the results are no images. Of several hypotheses the one with most significant elements is shown. */
export function nextStep({ output, hypotheses }: Pick<InferenceSummary, "output" | "hypotheses">): string | undefined {
  const [first] = [...hypotheses].sort((a, b) => (b.significant ?? 0) - (a.significant ?? 0));
  if (first === undefined) return undefined;
  const what = first.significant === undefined ? "Zstat" : "fwe_1mpvalue";
  const name = `${what}${hypotheses.length > 1 ? `_${first.name}` : ""}`;
  const imageAt = (start: string) => ENDINGS.map((ending) => `${start}${ending}`).find((path) => existsSync(path));
  const index = imageAt(join(output, "index"));
  const fixels = imageAt(join(output, name));
  if (index !== undefined && fixels !== undefined) return `mrview ${shellWord(index)} -fixel.load ${shellWord(fixels)}`;
  // a prefix (`out/x_*.mif`): images of voxels
  const image = /\*\.\w+$/.test(output) ? imageAt(`${output.replace(/\*\.\w+$/, "")}${name}`) : undefined;
  return image === undefined ? undefined : `mrview ${shellWord(image)}`;
}
