// What the operating system said, in words a user knows. The one place that knows its errors: whoever calls it may say what he was about
// (describeSystemError); what nobody spoke for becomes a refusal in runCli (asInputError), never a bug of ours.
import { InputError, isFixelstreamError } from "./errors.js";

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a part of the path that is not a directory",
  EISDIR: "a directory",
  ENOTEMPTY: "a directory that is not empty",
  EACCES: "no permission",
  EPERM: "no permission",
  EEXIST: "one that exists already",
  ENOSPC: "no space left on the disk",
  EDQUOT: "a disk quota that is used up",
  EFBIG: "a file that is too large for the disk or its limits",
  EROFS: "a read-only file system",
  EIO: "a failure of the disk",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ENAMETOOLONG: "a name that is too long",
  ELOOP: "links that go round in a circle",
  EXDEV: "a place on another disk",
  EBUSY: "one that is in use",
  ETXTBSY: "one that is in use",
  ESTALE: "a file that is no longer on the server",
  ETIMEDOUT: "a disk that does not answer",
  ENODEV: "a device that is gone",
  ENXIO: "a device that is gone",
  ENOMEM: "no memory left",
  EMLINK: "too many links",
};

/** What a call was about to do, `PATH` in place of its path. */
const ACTIONS: Readonly<Record<string, string>> = {
  open: "open PATH",
  access: "look at PATH",
  stat: "look at PATH",
  lstat: "look at PATH",
  fstat: "look at PATH",
  statfs: "look at the disk of PATH",
  scandir: "list PATH",
  opendir: "list PATH",
  readlink: "follow PATH",
  realpath: "follow PATH",
  read: "read PATH",
  write: "write PATH",
  fsync: "bring PATH to the disk",
  fdatasync: "bring PATH to the disk",
  ftruncate: "write PATH",
  truncate: "write PATH",
  close: "close PATH",
  copyfile: "copy PATH",
  rename: "rename PATH",
  link: "give PATH its name",
  symlink: "make the link PATH",
  unlink: "remove PATH",
  rm: "remove PATH",
  rmdir: "remove the directory PATH",
  mkdir: "make the directory PATH",
  mkdtemp: "make the directory PATH",
  utime: "mark PATH as used",
  futime: "mark PATH as used",
  chmod: "change the permissions of PATH",
  uv_cwd: "find the working directory",
};

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "Make room, or choose another disk.",
  EDQUOT: "Make room, or choose another disk.",
  EIO: "Check the disk, or choose another one.",
  EACCES: "Mend its permissions, or choose another place.",
  EPERM: "Mend its permissions, or choose another place.",
  EROFS: "Choose another place.",
  ENAMETOOLONG: "Choose a shorter name.",
  EXDEV: "Choose a place on the same disk.",
  EMFILE: "Raise the limit of open files (ulimit), or end other programs.",
  ENFILE: "Raise the limit of open files (ulimit), or end other programs.",
};

export function systemErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

export function describeSystemError(error: unknown): string {
  const code = systemErrorCode(error);
  return (code === undefined ? undefined : WORDS[code]) ?? (error instanceof Error ? error.message : String(error));
}

/**
 * A refusal of the system that nobody spoke for, as InputError with the call and its path; a path that no system takes (a zero byte in it), too. Anything
 * else as it is.
 */
export function asInputError(error: unknown): unknown {
  if (isFixelstreamError(error) || !(error instanceof Error)) return error;
  const { syscall, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: unknown };
  const code = systemErrorCode(error) ?? "";
  if (code === "ERR_INVALID_ARG_VALUE" && error.message.includes("null bytes")) {
    return new InputError(
      `Cannot use a name with a zero byte in it: expected a name that a file can have, got ${error.message.replace(/^.*Received /s, "")}. Give another name.`,
      { cause: error },
    );
  }
  if (syscall === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  if (syscall === "uv_cwd") {
    return new InputError(
      "Cannot find the working directory: expected one that exists, got one that was removed. Change to another directory.",
      { cause: error },
    );
  }
  const named = typeof path === "string" ? path : undefined;
  const place = named ?? "a file";
  const action = (ACTIONS[syscall] ?? `do ${syscall} with PATH`).replace("PATH", place);
  const to = typeof dest === "string" ? ` to ${dest}` : "";
  return new InputError(
    `Cannot ${action}${to}: expected a system that does it, got ${describeSystemError(error)}. ${REMEDIES[code] ?? "Mend that and run the command again."}`,
    { ...(named === undefined ? {} : { path: named }), cause: error },
  );
}
