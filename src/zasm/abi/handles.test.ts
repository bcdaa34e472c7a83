import { expect, test } from "vitest";
import { ByteStream, Handles } from "./handles.ts";
import { ZI } from "./result.ts";

test("handle numbers end before they could be taken for errors", () => {
  const stream = new ByteStream(new Uint8Array(0), ZI.denied);
  const handles = new Handles(stream, stream, stream, 0x7fff_fffe);
  expect([handles.open(stream), handles.open(stream), handles.open(stream)]).toEqual([
    0x7fff_fffe,
    0x7fff_ffff,
    ZI.oom,
  ]);
  handles.end(0x7fff_ffff);
  expect(handles.open(stream)).toBe(ZI.oom);
});
