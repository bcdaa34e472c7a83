// Shapes: what users build, import and compare, and the nodes that the rest of the codecs read.

export { Extension, Simple, Tagged } from "./any.ts";
export { type EnumOptions, type MapOptions, type ScalarShape, type StructOptions, s } from "./builder.ts";
export { type Compatibility, compat, type Incompatibility, type WireFormat } from "./compat.ts";
export { type ShapeCode, ShapeError, type ShapeFailure } from "./errors.ts";
export type { FieldModifiers, FieldShape } from "./field.ts";
export { inferShape } from "./infer.ts";
export { parseShape } from "./json-form.ts";
export { shapeJsonSchema } from "./json-form-schema.ts";
export type { ShapeJson } from "./json-print.ts";
export { fromJsonSchema } from "./json-schema.ts";
export type { RenameStyle } from "./names.ts";
export type * from "./node.ts";
export { isShape, type Shape } from "./shape.ts";
export type { Infer, Self, StandardIssue, StandardProps, StandardResult } from "./types.ts";
