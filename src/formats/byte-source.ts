/** Bytes by position: a file, a window onto one, or memory. `mapping/FileBytes` has this shape. */
export interface ByteSource {
  readonly path: string;
  readonly sizeBytes: number;
  /** Copies target.byteLength bytes from byteOffset into target. Throws InputError when the file changed or is too short. */
  copyInto(target: Uint8Array, byteOffset: number): void;
  close(): void;
}
