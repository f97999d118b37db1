// The page in a real browser: no error, no request, sliders and clicks work, nothing serious for those who do not see or point. Left out, visibly, where
// there is no Chromium (CHROMIUM names another one).
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runWithReport } from "../support/in-process-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(!fs.existsSync(executablePath))("in Chromium", () => {
  const root = temporaryDirectory();
  let browser: Browser;
  beforeAll(async () => {
    for (const kind of ["fixels", "voxels", "edges"]) {
      const { status, stderr } = await runWithReport(["demo", kind, path.join(root, "demo"), "-quiet"]);
      expect(status, stderr).toBe(0);
    }
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  }, 600_000);
  afterAll(() => browser?.close());

  async function open(folder: string, width: number): Promise<{ page: Page; wrong: string[] }> {
    const file = pathToFileURL(path.join(root, "demo", folder, "report.html")).href;
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const wrong: string[] = [];
    page.on("console", (message) => wrong.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== file) wrong.push(request.url());
    });
    await page.goto(file);
    await page.waitForSelector('#pictures[data-ready="true"]');
    return { page, wrong };
  }
  // scripts of the page as text: this file knows no types of browsers
  /** Pixels of a canvas that are neither ground nor grey. */
  const countColoured = (page: Page, id: string) =>
    page.evaluate<number>(`(() => {
      const canvas = document.getElementById("${id}");
      const copy = document.createElement("canvas");
      copy.width = canvas.width;
      copy.height = canvas.height;
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      let n = 0;
      for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - data[i + 2]) > 60) n++;
      return n;
    })()`);
  const textOf = (page: Page, selector: string) => page.textContent(selector).then((text) => text!.trim());
  const slide = (page: Page, id: string, value: string) =>
    page.evaluate(`(() => {
      const input = document.getElementById("${id}");
      input.value = "${value}";
      input.dispatchEvent(new Event("input"));
      return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    })()`);

  it.each([
    ["stats", 1400],
    ["stats", 390],
    ["stats-voxels", 1400],
    ["stats-edges", 1400],
    ["stats-edges", 390],
  ])("%s at %i pixels says nothing, asks for nothing, fits and can be used by all", async (folder, width) => {
    const { page, wrong } = await open(folder, width);
    await page.evaluate(axe);
    const serious = await page.evaluate<string[]>(
      `axe.run().then(({ violations }) => violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .map(({ id, nodes }) => id + ": " + nodes[0].html))`,
    );
    expect(serious).toEqual([]);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("fixels: the slider of p, a click and a row of the table change what is shown", async () => {
    const { page, wrong } = await open("stats", 1400);
    const significant = Number(await page.getAttribute("#verdict-t1", "data-significant"));
    expect(await textOf(page, "#view-count")).toBe(`${significant} fixels with p < 0.05`);
    const before = await countColoured(page, "glass-axial");
    expect(before).toBeGreaterThan(100);
    await slide(page, "view-p", "330");
    expect(Number((await textOf(page, "#view-count")).split(" ")[0])).toBeLessThan(significant);
    expect(await countColoured(page, "glass-axial")).toBeLessThan(before);
    const box = (await page.locator("#view-axial").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 4);
    expect(await textOf(page, "#view-hover")).toMatch(/mm: .*fixel \d+, effect [+−][\d.]+ %, t [−\d.]+, p [\d.]+/);
    const place = await textOf(page, "#view-y-mm");
    await page.mouse.down();
    expect(await textOf(page, "#view-y-mm")).not.toBe(place);
    await page.click("button.go");
    const peak = fs.readFileSync(path.join(root, "demo/stats/clusters_t1.tsv"), "utf8").split("\n")[1]!.split("\t")[2];
    expect(await page.locator("#view-here tbody td:first-child").allTextContents()).toContain(peak);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("edges: the slider of p changes the table, names are there", async () => {
    const { page, wrong } = await open("stats-edges", 1400);
    expect(await textOf(page, "#net-count")).toBe("10 edges with p < 0.05");
    expect(await page.locator("#net-table tbody tr").count()).toBe(10);
    expect(await countColoured(page, "net-ring")).toBeGreaterThan(100);
    await slide(page, "net-p", "0");
    expect(await textOf(page, "#net-count")).toBe("300 edges with p ≤ 1");
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("without scripts the text is all there", async () => {
    const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await page.goto(pathToFileURL(path.join(root, "demo/stats/report.html")).href);
    expect(await textOf(page, "#verdict-t1 .headline")).toMatch(/^FD is lower where .* fixels/);
    expect(await page.locator("svg.chart").count()).toBeGreaterThan(3);
    await page.context().close();
  });
});
