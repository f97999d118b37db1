// Where the numbers come from: command, versions, inputs with their sums, time and memory; how to look at the results elsewhere.

import { shellWord } from "../../shell-word.js";
import { formatBytes, formatDuration } from "../../units.js";
import { COLOURS, chart, Plot } from "../charts.js";
import { html, type Piece, table } from "../html.js";
import { short } from "../numbers.js";
import type { ReportData } from "../report-data.js";
import type { Section } from "./section.js";

export function provenanceSection(data: ReportData): Section {
  const { record, recordName } = data;
  const { versions, machine, startedAt, seed, runPlan, threads, kernels, precision, timings, memory } = record;
  const rows: (readonly [string, Piece])[] = [
    ["command", html`<code>${record.command}</code>`],
    ["begun", startedAt],
    ["seed", String(seed)],
    ["plan", html`<code>${runPlan.hash}</code>`],
    [
      "versions",
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ],
    ["machine", `${machine.processor}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)}`],
    ["computed by", `${kernels} kernels, ${precision} precision, ${threads} threads`],
    [
      "took",
      `${formatDuration(timings.total ?? 0)}${record.resumed === undefined ? "" : `, continued at shuffle ${record.resumed.fromShuffle}`}${record.shards === undefined ? "" : `, merged of ${record.shards.length} parts`}`,
    ],
    [
      "memory",
      `${formatBytes(memory.plannedBytes)} planned, ${formatBytes(memory.peakResidentBytes)} resident at most, with Node.js`,
    ],
  ];
  const { notes = [] } = record.inputs as { notes?: readonly string[] };
  return {
    id: "provenance",
    title: "Provenance",
    body: html`${table("The run", ["what", "value"], rows)}
${table("Inputs", ["input", "path", "checksum"], inputsOf(record.inputs))}
${notes.map((note) => html`<p>${note}</p>`)}${memoryCourse(data)}
<h3>Elsewhere</h3>
${commandsOf(data).map(([name, text], i) => html`<p>${name} <button type="button" class="copy" data-copies="elsewhere-${i}">Copy</button></p><pre id="elsewhere-${i}" tabindex="0">${text}</pre>\n`)}
<p>All of it, and what is not shown here, is in <code>${recordName}</code>.</p>`,
  };
}

function inputsOf(inputs: Readonly<Record<string, unknown>>): Piece[][] {
  const rows: Piece[][] = [];
  for (const [name, input] of Object.entries(inputs)) {
    if (input === null || typeof input !== "object" || Array.isArray(input)) continue;
    const { path, sha256 } = input as { path?: string; sha256?: string };
    if (typeof path === "string") rows.push([name, html`<code>${path}</code>`, html`<code>${sha256 ?? ""}</code>`]);
    else
      for (const [part, one] of Object.entries(input as Record<string, { path?: string; sha256?: string }>))
        if (typeof one?.path === "string")
          rows.push([`${name}: ${part}`, html`<code>${one.path}</code>`, html`<code>${one.sha256 ?? ""}</code>`]);
  }
  return rows;
}

function memoryCourse({ record: { memory } }: ReportData): Piece {
  const { ms, residentBytes, phases } = memory.course ?? { ms: [], residentBytes: [], phases: [] };
  if (ms.length < 2) return "";
  const points = ms.map((at, i) => ({ s: at / 1000, mib: residentBytes[i]! / 2 ** 20 }));
  return html`<figure>${chart(`Resident memory over time, at most ${formatBytes(memory.peakResidentBytes)}`, {
    ...{ width: 560, height: 160, marginLeft: 56 },
    x: { label: "seconds" },
    y: { label: "MiB", grid: true, zero: true },
    marks: [
      Plot.areaY(points, { x: "s", y: "mib", fill: COLOURS.main, fillOpacity: 0.25 }),
      Plot.lineY(points, { x: "s", y: "mib", stroke: COLOURS.main }),
      Plot.ruleY([0]),
    ],
  })}<figcaption>Resident memory. ${phases.map(({ phase, ms: at }) => `${phase} from ${short(at / 1000)} s`).join(", ")}.</figcaption></figure>`;
}

/** The first of the results that a reader would open, without base and ending; and what p it has, undefined: none. */
function shownResult({ recordName, hypotheses, files }: ReportData): { name: string; words: string | undefined } {
  const base = recordName.slice(0, -"run.json".length);
  const [{ name, summary, pWords }] = hypotheses as [ReportData["hypotheses"][0]];
  const postfixes = ["", `_${name}`, `_${name.replace(/_(posi|nega)tive$/, "")}`];
  const wanted: (readonly [string, string | undefined])[] = [
    ["fwe_1mpvalue", "family-wise"],
    ...(summary.adjusted ?? []).map(({ of, method }) => [`${of}_${method}_1mpvalue`, pWords] as const),
    ["parametric_1mpvalue", "not corrected"],
    ["uncorrected_pvalue", "not corrected"],
    ["uncorrected_1mpvalue", "not corrected"],
    ["Zstat", undefined],
  ];
  const stems = new Set(files.map((file) => file.slice(base.length).replace(/\.(mif|nii|csv|txt)$/, "")));
  for (const [what, words] of wanted)
    for (const postfix of postfixes) if (stems.has(`${what}${postfix}`)) return { name: `${what}${postfix}`, words };
  return { name: "Zstat", words: undefined };
}

function commandsOf(data: ReportData): (readonly [string, string])[] {
  const { kind, place, recordName, files } = data;
  const { name: shown, words } = shownResult(data);
  const base = recordName.slice(0, -"run.json".length);
  const folder = place.endsWith("/") || place === "" ? place : place.slice(0, place.length - base.length);
  const at = (name: string) => `${folder === "" || folder.endsWith("/") ? folder : `${folder}/`}${base}${name}`;
  const ending = files.some((name) => name.endsWith(".nii")) ? "nii" : "mif";
  const [index, p] = [at("index.mif"), at(`${shown}.${ending}`)];
  const python = (read: string) =>
    `import numpy\n${read}\n${words === undefined ? "print(numpy.nanmax(values))" : `p = 1 - values  # ${words}\nprint((p < 0.05).sum())`}`;
  const inR = (read: string) =>
    words === undefined
      ? `z <- ${read}\nmax(z, na.rm = TRUE)`
      : `p <- 1 - ${read}  # ${words}\nsum(p < 0.05, na.rm = TRUE)`;
  const again = ["This page again", `fixelstream report ${shellWord(place === "" ? recordName : place)}`] as const;
  if (kind === "fixel" || kind === "voxel")
    return [
      [
        "MRtrix3",
        kind === "fixel" ? `mrview ${shellWord(index)} -fixel.load ${shellWord(p)}` : `mrview ${shellWord(p)}`,
      ],
      ["Python", `# fixelstream export ${shellWord(p)} ${shown}.npy\n${python(`values = numpy.load("${shown}.npy")`)}`],
      ["R", `# fixelstream export ${shellWord(p)} ${shown}.tsv\n${inR(`read.delim("${shown}.tsv")$value`)}`],
      again,
    ];
  const csv = at(`${shown}.csv`);
  return [
    [
      "Python",
      python(`values = numpy.loadtxt(${JSON.stringify(csv)}, delimiter=${kind === "edge" ? '","' : '",", ndmin=1'})`),
    ],
    ["R", inR(`as.matrix(read.csv(${JSON.stringify(csv)}, header = FALSE, comment.char = "#"))`)],
    again,
  ];
}
