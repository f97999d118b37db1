// What the operating system said, in words a user knows.

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a part of the path that is not a directory",
  EISDIR: "a directory",
  EACCES: "no permission",
  EPERM: "no permission",
  EEXIST: "one that exists already",
  ENOSPC: "no space left on the disk",
  EROFS: "a read-only file system",
  EMFILE: "too many open files",
  ENAMETOOLONG: "a name that is too long",
  ELOOP: "links that go round in a circle",
};

export function systemErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

export function describeSystemError(error: unknown): string {
  const code = systemErrorCode(error);
  return (code === undefined ? undefined : WORDS[code]) ?? (error instanceof Error ? error.message : String(error));
}
