import { describe, expect, it } from "vitest";
import { formatMifHeader } from "../../src/formats/mif/format-header.js";
import { parseMifHeader } from "../../src/formats/mif/header.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const GOOD = `mrtrix image
dim: 4,1,1
vox: 2,2,2.5
layout: +0,-1,-2
datatype: Float32LE
transform: 1, 0, 0, -13
transform: 0, 1, 0, -4.5
transform: 0, 0, 1, 1e-3
command_history: first  (version=3.0.3)
nfixels: 4
command_history: second: with colon
scaling: 1,0.5
file: . 400
END
`;

describe("parseMifHeader", () => {
  it("reads every field", () => {
    const header = parseMifHeader(encode(`${GOOD}binary\0data`), "x.mif");
    expect(header).toEqual({
      format: "mif",
      dimensions: [4, 1, 1],
      voxelSizes: [2, 2, 2.5],
      layout: [
        { rank: 0, reversed: false },
        { rank: 1, reversed: true },
        { rank: 2, reversed: true },
      ],
      dataType: "Float32LE",
      scaling: { offset: 1, scale: 0.5 },
      transform: [
        [1, 0, 0, -13],
        [0, 1, 0, -4.5],
        [0, 0, 1, 0.001],
      ],
      entries: [
        ["command_history", "first  (version=3.0.3)"],
        ["nfixels", "4"],
        ["command_history", "second: with colon"],
      ],
      dataFile: ".",
      dataOffset: 400,
    });
  });

  it("tells +0 from -0, with and without signs", () => {
    const layout = (text: string) =>
      parseMifHeader(encode(GOOD.replace("+0,-1,-2", text)), "x.mif").layout.map(
        ({ rank, reversed }) => `${reversed ? "-" : "+"}${rank}`,
      );
    expect(layout("-0,+1,+2")).toEqual(["-0", "+1", "+2"]);
    expect(layout("2, 1, -0")).toEqual(["+2", "+1", "-0"]);
  });

  it("takes carriage returns, blank lines, comments and nan", () => {
    const text = GOOD.replace("vox: 2,2,2.5", "vox: 2,nan,2\n\n# a comment")
      .replaceAll("\n", "\r\n")
      .replace("400", "500");
    const header = parseMifHeader(encode(text), "x.mif");
    expect(header.voxelSizes).toEqual([2, 2, 2]);
    expect(header.dataOffset).toBe(500);
    expect(parseMifHeader(encode(GOOD.replace("-13", "nan")), "x.mif").transform).toBeUndefined();
  });

  it("ignores the case of a data type", () => {
    const type = (text: string) => parseMifHeader(encode(GOOD.replace("Float32LE", text)), "x.mif").dataType;
    expect(type("float32be")).toBe("Float32BE");
    expect(type("uint64le")).toBe("UInt64LE");
    expect(type("BIT")).toBe("Bit");
  });
});

describe("formatMifHeader", () => {
  it.each([0, 1, 2, 3, 5000, 9600, 99_985])("names its own length, a multiple of 4 (comment of %i bytes)", (length) => {
    const entries = [["comments", "x".repeat(length)]] as const;
    const bytes = formatMifHeader({ dimensions: [4, 1, 1], dataType: "Float32LE", entries });
    const header = parseMifHeader(bytes, "x.mif");
    expect(header.dataOffset).toBe(bytes.byteLength);
    expect(bytes.byteLength % 4).toBe(0);
    expect(bytes.byteLength).toBeLessThan(length + 200);
  });

  it("spreads lines over repeated keys", () => {
    const bytes = formatMifHeader({ dimensions: [1], dataType: "Bit", entries: [["comments", "a\nb"]] });
    expect(parseMifHeader(bytes, "x.mif").entries).toEqual([
      ["comments", "a"],
      ["comments", "b"],
    ]);
  });

  it.each(["dim", "END", "a:b", "", "a\nb", "#x"])("refuses the key %j", (key) => {
    expect(() => formatMifHeader({ dimensions: [1], dataType: "Bit", entries: [[key, "1"]] })).toThrow(
      /cannot be a key/,
    );
  });
});
