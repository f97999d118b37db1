import { openFileBytes } from "../../src/mapping/policy.js";
import { PositionalFile } from "../../src/mapping/positional-file.js";
import { describeFileBytes } from "./describe-file-bytes.js";

describeFileBytes("a file read by position", (path) => new PositionalFile(path));
describeFileBytes("a mapped file, 64 KiB window", (path, windowBytes) =>
  openFileBytes(path, { io: "mmap", ours: false, windowBytes }),
);
describeFileBytes("a mapped file, default window", (path) => openFileBytes(path, { io: "mmap", ours: false }));
describeFileBytes("a mapped file whose large copies are read by position", (path, windowBytes) =>
  openFileBytes(path, { io: "auto", ours: true, windowBytes }),
);
