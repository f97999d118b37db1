// What is on its way to the disk: nothing is promised before it is there, early syncs promise nothing, and a failure is never forgotten.
import { describe, expect, it } from "vitest";
import { createSettling } from "../../src/store/settle.js";

/** Syncs that end when they are told to. */
function recorded() {
  const events: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const sync = () => {
    events.push("sync");
    return new Promise<void>((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  };
  const journal = {
    append: (line: object) => void events.push(`line ${(line as { firstSubject: number }).firstSubject}`),
    sync: async () => void events.push("journal"),
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const end = (error?: Error) => {
    ends.shift()!(error);
    return turn();
  };
  return { settling: createSettling(sync, journal), events, ends, turn, end };
}
const entry = (firstSubject: number) => ({ firstSubject, sourceCrc32: [1], valuesCrc32: [1] });

describe("what is hastened", () => {
  it("is synced at once, one after the other, and no line is written", async () => {
    const { settling, events, end } = recorded();
    settling.hasten();
    settling.hasten();
    settling.hasten();
    expect(events).toEqual(["sync"]);
    await end();
    expect(events).toEqual(["sync", "sync"]);
    await end();
    expect(events).toEqual(["sync", "sync"]);
    await settling.settled();
  });

  it("makes no line of what was written after it began, and keeps no line's own sync waiting", async () => {
    const { settling, events, end } = recorded();
    settling.hasten();
    settling.hasten();
    settling.add(entry(0)); // takes along what the second was to hasten
    expect(events).toEqual(["sync", "sync"]);
    await end();
    expect(events).toEqual(["sync", "sync"]);
    await end();
    await settling.settled();
    expect(events).toEqual(["sync", "sync", "line 0", "journal"]);
  });

  it("may be told in place of a line's own sync what could not be written: no line before it has ended", async () => {
    for (const error of [undefined, new Error("no disk")]) {
      const { settling, events, ends, turn } = recorded();
      settling.hasten();
      settling.add(entry(0));
      const [early, own] = ends;
      own!();
      await turn();
      expect(events).toEqual(["sync", "sync"]);
      early!(error);
      await turn();
      if (error === undefined) await settling.settled();
      else await expect(settling.settled()).rejects.toThrow("no disk");
      expect(events).toEqual(error === undefined ? ["sync", "sync", "line 0", "journal"] : ["sync", "sync"]);
    }
  });

  it("while a line is on its way is synced after it, and waited for", async () => {
    const { settling, events, end } = recorded();
    settling.add(entry(0));
    settling.hasten();
    expect(events).toEqual(["sync"]);
    await end();
    expect(events).toEqual(["sync", "line 0", "journal", "sync"]);
    let isSettled = false;
    const settled = settling.settled().then(() => {
      isSettled = true;
    });
    await end();
    await settled;
    expect(isSettled).toBe(true);
    settling.add(entry(1));
    settling.hasten();
    const failing = settling.settled();
    failing.catch(() => {}); // expected below
    await end();
    await end(new Error("no disk"));
    await expect(failing).rejects.toThrow("no disk");
  });

  it("and fails, fails whatever comes after it", async () => {
    const { settling, events, end } = recorded();
    settling.hasten();
    await end(new Error("no disk"));
    expect(() => settling.assertFine()).toThrow("no disk");
    settling.hasten();
    settling.add(entry(0));
    await expect(settling.settled("last")).rejects.toThrow("no disk");
    expect(events).toEqual(["sync"]);
  });
});
