// Refusals of the system that nobody spoke for: said as what they are.
import { statSync } from "node:fs";
import { expect, it, test } from "vitest";
import { InputError, InternalError } from "../src/errors.js";
import { asInputError } from "../src/system-error.js";

const systemError = (fields: object) => Object.assign(new Error("as Node says it"), fields);

it.each([
  [
    { code: "EACCES", syscall: "mkdir", path: "/a/b" },
    "Cannot make the directory /a/b: expected a system that does it, got no permission. Mend its permissions, or choose another place.",
  ],
  [
    { code: "EXDEV", syscall: "rename", path: "a", dest: "b" },
    "Cannot rename a to b: expected a system that does it, got a place on another disk. Choose a place on the same disk.",
  ],
  [
    { code: "EIO", syscall: "fsync" },
    "Cannot bring a file to the disk: expected a system that does it, got a failure of the disk. Check the disk, or choose another one.",
  ],
  [
    { code: "EDQUOT", syscall: "write", path: "x" },
    "Cannot write x: expected a system that does it, got a disk quota that is used up. Make room, or choose another disk.",
  ],
  [
    { code: "EUNKNOWN", syscall: "frobnicate", path: "x" },
    "Cannot do frobnicate with x: expected a system that does it, got as Node says it. Mend that and run the command again.",
  ],
  [
    { code: "ENOENT", syscall: "uv_cwd" },
    "Cannot find the working directory: expected one that exists, got one that was removed. Change to another directory.",
  ],
])("%j", (fields, message) => {
  const found = asInputError(systemError(fields));
  expect(found).toBeInstanceOf(InputError);
  expect((found as Error).message).toBe(message);
});

test("a name with a zero byte", () => {
  const error = (() => {
    try {
      return statSync("a\0b");
    } catch (cause) {
      return cause;
    }
  })();
  expect(asInputError(error)).toBeInstanceOf(InputError);
});

it("leaves bugs and our own errors as they are", () => {
  for (const error of [new TypeError("x"), new InternalError("x"), systemError({ code: "ERR_OUT_OF_RANGE" }), "text"])
    expect(asInputError(error)).toBe(error);
});
