// fast-check whose properties draw the same values in every run, where they do not name a seed themselves: a failure is the same on every machine.
// FIXELSTREAM_FUZZ_SEED gives others.
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FIXELSTREAM_FUZZ_SEED"] ?? 20261128) });

export { fc };
