// Just enough of .mif for the bench: headers to stream behind, and values back.
import { openSync, readFileSync, writeSync } from "node:fs";

/** Opens `path` with a header; the data follow by writeSync. */
export function openMif(path, { dim, datatype, layout, keys }) {
  const text = (offset) =>
    [
      "mrtrix image",
      `dim: ${dim.join(",")}`,
      `vox: ${dim.map(() => 1).join(",")}`,
      `layout: ${layout ?? dim.map((_, i) => `+${i}`).join(",")}`,
      `datatype: ${datatype}`,
      "transform: 1,0,0,0",
      "transform: 0,1,0,0",
      "transform: 0,0,1,0",
      ...Object.entries(keys ?? {}).map(([key, value]) => `${key}: ${value}`),
      `file: . ${offset}`,
      "END\n",
    ].join("\n");
  const head = Buffer.alloc(1024);
  head.write(text(head.length), "latin1");
  const fd = openSync(path, "w");
  writeSync(fd, head);
  return fd;
}

export function writeArray(fd, array) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
}

/** Values of a Float32LE image of one contiguous axis. */
export function readFloats(path) {
  const bytes = readFileSync(path);
  const head = bytes.toString("latin1", 0, 4096);
  if (!/datatype: *Float32LE/.test(head)) throw new Error(`${path}: expected Float32LE`);
  const offset = Number(/\nfile: \. (\d+)/.exec(head)[1]);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + bytes.length));
}
