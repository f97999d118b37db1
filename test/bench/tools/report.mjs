// Table for people, JSON lines for programs, Markdown for docs/benchmarks.md.
import { cpus } from "node:os";

export function machineOf() {
  const cores = cpus();
  return {
    processor: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString().slice(0, 10),
  };
}

export function describeMachine({ processor, cores, node, platform, date }) {
  return `${processor}, ${cores} cores, ${platform}, Node ${node}, ${date}`;
}

const DIGITS = 3;

function format(value, unit) {
  if (!Number.isFinite(value)) return `? ${unit}`;
  const digits = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(DIGITS);
  return unit === "ratio" ? `${digits} x` : `${digits} ${unit}`;
}

function targetOf({ value, atMost, atLeast, unit }) {
  if (atMost === undefined && atLeast === undefined) return "";
  const holds = atMost === undefined ? value >= atLeast : value <= atMost;
  return `${atMost === undefined ? ">=" : "<="} ${format(atMost ?? atLeast, unit)}: ${holds ? "kept" : "MISSED"}`;
}

export function printCase(result) {
  console.log(`\n${result.group}: ${result.name}${result.note === undefined ? "" : `\n  (${result.note})`}`);
  if (result.skipped !== undefined) console.log(`  left out: ${result.skipped}`);
  for (const figure of result.figures) {
    console.log(`  ${figure.name.padEnd(62)} ${format(figure.value, figure.unit).padStart(14)}  ${targetOf(figure)}`);
  }
}

/** How long the bench took, and the cases that took most of it. */
export function printTimes(results) {
  const all = results.reduce((sum, { seconds }) => sum + seconds, 0);
  const longest = [...results].sort((a, b) => b.seconds - a.seconds).slice(0, 5);
  console.log(`\n${results.length} cases took ${(all / 60).toFixed(1)} min, inputs included; the longest:`);
  for (const { group, name, seconds } of longest)
    console.log(`  ${seconds.toFixed(0).padStart(5)} s  ${group}: ${name}`);
}

const HEAD = `# Benchmarks

Made by \`npm run bench -- --write\`; do not edit by hand (with \`--only\`, the sections that ran are written anew). Every sample asserts its answer. Compare ratios: absolute figures belong to one machine, and each section names its own.

Kernels and models are the best of several rounds, on one thread, in processor time; whole runs are commands as a user starts them, without NODE_EXTRA_CA_CERTS (since 28 November 2026), whose certificates Node would read at every start.
`;

/** The page: sections of this run, and of `earlier` (the page as it was) those that did not run. */
export function markdown(results, machine, mode, earlier = "") {
  const sections = new Map();
  for (const section of earlier.split(/^(?=## )/m).slice(1)) sections.set(section.split("\n", 1)[0], section.trimEnd());
  for (const group of new Set(results.map((result) => result.group))) {
    const title = `## ${group[0].toUpperCase()}${group.slice(1)}`;
    const own = results.filter((candidate) => candidate.group === group);
    sections.set(title, [title, "", ...sectionOf(own, machine, mode)].join("\n"));
  }
  return `${[HEAD.trimEnd(), ...sections.values()].join("\n\n")}\n`;
}

function sectionOf(results, machine, mode) {
  const lines = [
    `${describeMachine(machine)}${mode === "quick" ? " (`--quick`: smaller cases)" : ""}.`,
    "",
    "| case | figure | value | target |",
    "| --- | --- | ---: | --- |",
  ];
  const notes = [];
  for (const result of results) {
    if (result.note !== undefined) notes.push(`- ${result.name}: ${result.note}.`);
    if (result.skipped !== undefined) lines.push(`| ${result.name} | left out: ${result.skipped} | | |`);
    result.figures.forEach((figure, i) => {
      lines.push(
        `| ${i === 0 ? result.name : ""} | ${figure.name} | ${format(figure.value, figure.unit)} | ${targetOf(figure)} |`,
      );
    });
  }
  return notes.length > 0 ? [...lines, "", ...notes] : lines;
}
