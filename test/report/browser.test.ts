// The page in a real browser: no error, no request, sliders and clicks work, nothing serious for those who do not see or point. Left out, visibly, where
// there is no Chromium (CHROMIUM names another one).
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runWithReport } from "../support/in-process-cli.js";
import { fixturesDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** Of one step of the browser, which takes a second of a quiet machine at most. */
const BUSY_MS = 120_000;
// what follows an event is drawn a frame or more later, and on a busy machine much later: it is waited for
const expectSoon = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: BUSY_MS });
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
    const [of, at] = [
      (name: string) => path.join(fixturesDirectory, "demo", name),
      (name: string) => path.join(root, "demo", name),
    ];
    const [store, table, design, contrast] = [
      at("cohort.fxs"),
      of("participants.tsv"),
      of("design.tsv"),
      of("contrast.txt"),
    ];
    fs.mkdirSync(at("vectors"));
    for (const tokens of [
      ["lm", store, table, "FD ~ group + age", at("lm")],
      ["gam", store, table, "FD ~ s(age) + group", at("gam")],
      ["vectorstats", store, design, contrast, `${at("vectors")}/x_`, "-nshuffles", "100", "--seed", "1"],
      ["fixelcfestats", store, "-", design, contrast, at("matrix"), at("rough"), "--seed", "1"],
      ["joint", at("stats"), at("rough"), "--out", at("joint")],
      ["design", table, "~ group + age", "--test", "grouppatient", "--out", at("design")],
      ["report", at("design")],
    ]) {
      const { status, stderr } = await runWithReport([...tokens, "-quiet"]);
      expect(status, stderr).toBe(0);
    }
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"], timeout: BUSY_MS });
  }, 600_000);
  afterAll(() => browser?.close());

  async function open(name: string, width: number, colorScheme: "light" | "dark" = "light") {
    const file = pathToFileURL(path.join(root, "demo", name.endsWith(".html") ? name : `${name}/report.html`)).href;
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
    page.setDefaultTimeout(BUSY_MS);
    const wrong: string[] = [];
    page.on("console", (message) => wrong.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== file) wrong.push(request.url());
    });
    await page.goto(file);
    if ((await page.locator("#pictures").count()) > 0) await page.waitForSelector('#pictures[data-ready="true"]');
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

  const PAGES = [
    ...["stats", "stats-voxels", "stats-edges", "vectors/x_report.html", "lm/lm_report.html"],
    ...["gam/gam_report.html", "joint", "design_report.html"],
  ];
  it.each(PAGES.flatMap((name) => [[name, 1400, "light"] as const, [name, 390, "dark"] as const]))(
    "%s at %i pixels (%s) says nothing, asks for nothing, fits and can be used by all",
    async (name, width, scheme) => {
      const { page, wrong } = await open(name, width, scheme);
      // folded too
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
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
    },
  );

  it("fixels: the slider of p, a click and a row of the table change what is shown", async () => {
    const { page, wrong } = await open("stats", 1400);
    const significant = Number(await page.getAttribute("#verdict-t1", "data-significant"));
    expect(await textOf(page, "#view-count")).toBe(`${significant} fixels with p < 0.05`);
    const before = await countColoured(page, "glass-axial");
    expect(before).toBeGreaterThan(100);
    await slide(page, "view-p", "330");
    await expectSoon(async () => Number((await textOf(page, "#view-count")).split(" ")[0])).toBeLessThan(significant);
    await expectSoon(() => countColoured(page, "glass-axial")).toBeLessThan(before);
    const box = (await page.locator("#view-axial").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 4);
    await expectSoon(() => textOf(page, "#view-hover")).toMatch(
      /mm: .*fixel \d+, effect [+−][\d.]+ %, t [−\d.]+, p [\d.]+/,
    );
    const place = await textOf(page, "#view-y-mm");
    await page.mouse.down();
    await expectSoon(() => textOf(page, "#view-y-mm")).not.toBe(place);
    await page.click("button.go");
    const peak = fs.readFileSync(path.join(root, "demo/stats/clusters_t1.tsv"), "utf8").split("\n")[1]!.split("\t")[2];
    await expectSoon(() => page.locator("#view-here tbody td:first-child").allTextContents()).toContain(peak);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("edges: the slider of p changes the table, names are there", async () => {
    const { page, wrong } = await open("stats-edges", 1400);
    expect(await textOf(page, "#net-count")).toBe("10 edges with p < 0.05");
    expect(await page.locator("#net-table tbody tr").count()).toBe(10);
    expect(await countColoured(page, "net-ring")).toBeGreaterThan(100);
    await slide(page, "net-p", "0");
    await expectSoon(() => textOf(page, "#net-count")).toBe("300 edges with p ≤ 1");
    expect(wrong).toEqual([]);
    await page.close();
  });

  it.each(PAGES)(
    "%s is used by keys alone: in the order of the page, and one sees where one is",
    async (name) => {
      const { page } = await open(name, 390);
      const places: number[] = [];
      for (;;) {
        await page.keyboard.press("Tab");
        const { at, isSeen, html } = await page.evaluate<{ at: number; isSeen: boolean; html: string }>(`(() => {
        const one = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        const { top, bottom, left, right } = one.getBoundingClientRect();
        const isInView = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
        return {
          at: one === document.body ? -1 : [...document.querySelectorAll("*")].indexOf(one),
          isSeen: isInView && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
          html: one.outerHTML.slice(0, 100),
        };
      })()`);
        if (at < 0 || at < places[0]!) break;
        expect(isSeen, html).toBe(true);
        expect(at, html).toBeGreaterThan(places.at(-1) ?? -1);
        places.push(at);
      }
      const nStops = await page.evaluate<number>(
        `[...document.querySelectorAll("a[href], button, select, input, summary, [tabindex='0']")].filter((one) => one.checkVisibility()).length`,
      );
      expect(places.length).toBe(nStops);
      await page.close();
    },
    120_000,
  );

  it("the slider moves by arrows, rows and copy buttons by Enter", async () => {
    const { page, wrong } = await open("stats", 1400);
    await page.focus("#view-p");
    const before = await textOf(page, "#view-count");
    for (let i = 0; i < 80; i++) await page.keyboard.press("ArrowRight");
    await expectSoon(() => textOf(page, "#view-count")).not.toBe(before);
    await expectSoon(() => page.getAttribute("#view-p", "aria-valuetext")).toMatch(/^p ≤ 0\.00\d+$/);
    await page.focus("#view-y");
    const place = await textOf(page, "#view-y-mm");
    await page.keyboard.press("ArrowLeft");
    await expectSoon(() => textOf(page, "#view-y-mm")).not.toBe(place);
    await page.focus("button.go");
    await page.keyboard.press("Enter");
    await expectSoon(() => textOf(page, "#view-y-mm")).toBe(place);
    // Polled here: the page forbids to evaluate strings, as waitForFunction does where its first look is too early. Pressed again at every look, because
    // the button says what it said before after two seconds.
    await page.focus("#provenance button.copy");
    await expectSoon(async () => {
      await page.keyboard.press("Enter");
      return page.evaluate("document.activeElement.textContent");
    }).toMatch(/^(Copied|Selected: press Ctrl-C)$/);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("what is folded to be short is open on paper; a long page of lm is no longer than its questions", async () => {
    const { page } = await open("lm/lm_report.html", 390);
    expect(await page.evaluate<number>("document.documentElement.scrollHeight")).toBeLessThan(16_000);
    const nOpen = () => page.locator("details.printed[open]").count();
    expect(await page.locator("details.printed").count()).toBeGreaterThan(3);
    expect(await nOpen()).toBe(0);
    await page.evaluate('dispatchEvent(new Event("beforeprint"))');
    expect(await nOpen()).toBe(await page.locator("details.printed").count());
    await page.evaluate('dispatchEvent(new Event("afterprint"))');
    expect(await nOpen()).toBe(0);
    const tall = await page.evaluate<number>(
      'Math.max(...[...document.querySelectorAll("table.clusters tbody tr")].map((row) => row.offsetHeight))',
    );
    expect(tall).toBeLessThan(45);
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
