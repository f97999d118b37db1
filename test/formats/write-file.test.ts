import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeFileInPieces } from "../../src/formats/write-file.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const path = join(directory, "file");

/** A name behind which no byte has room. */
function fullDisk(): string {
  const link = join(directory, "full.csv");
  symlinkSync("/dev/full", link);
  return link;
}

/** Two buffers by turns, as whoever writes ahead may fill them. */
function* alternating(nPieces: number, atEnd = () => {}): Generator<Uint8Array> {
  const buffers = [new Uint8Array(200_000), new Uint8Array(200_000)] as const;
  for (let i = 0; i < nPieces; i++) yield buffers[i % 2]!.fill(i + 1);
  atEnd();
}

describe("writeFileInPieces, ahead", () => {
  it("writes piece behind piece", async () => {
    await writeFileInPieces(path, alternating(25), { ahead: true, overwrite: true });
    expect(readFileSync(path).equals(Buffer.concat(Array.from(alternating(25), (piece) => piece.slice())))).toBe(true);
  });

  it.each([true, false])("leaves nothing when a piece cannot be made, and tells why (ahead %s)", async (ahead) => {
    const cause = new Error("no more of it");
    const pieces = alternating(3, () => {
      throw cause;
    });
    await expect(writeFileInPieces(path, pieces, { ahead, overwrite: true })).rejects.toBe(cause);
    expect(existsSync(path)).toBe(false);
  });

  it.each([true, false])("hears a signal between two pieces (ahead %s)", async (ahead) => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    let made = 0;
    function* pieces() {
      for (const piece of alternating(200)) {
        made++;
        yield piece;
      }
    }
    setImmediate(() => controller.abort(reason));
    const writing = writeFileInPieces(path, pieces(), { ahead, overwrite: true, signal: controller.signal });
    await expect(writing).rejects.toBe(reason);
    expect(made).toBeLessThan(200);
    expect(existsSync(path)).toBe(false);
  });

  it.skipIf(!existsSync("/dev/full"))("tells what the disk says of a piece that was on its way", async () => {
    const message = /^Cannot write .*\/full\.csv: expected a new file in a writable folder, got .*no space/i;
    await expect(writeFileInPieces(fullDisk(), alternating(3), { ahead: true, overwrite: true })).rejects.toThrow(
      message,
    );
  });
});
