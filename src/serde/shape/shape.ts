// What users hold: an immutable value that stands for a shape and its JavaScript type. Its nodes are sealed at the first
// look, or at once where nothing is left open; from then on a shape is only read.

import { captureValue } from "./capture.ts";
import { bindingDigestOf, digestOf } from "./digest.ts";
import { refuse } from "./errors.ts";
import { type FieldModifiers, fieldModifiers } from "./field.ts";
import { printShape, type ShapeJson } from "./json-print.ts";
import type { Node } from "./node.ts";
import { isReady, isSealed, seal } from "./seal.ts";
import type { StandardProps, StandardResult } from "./types.ts";

/**
 * A shape: the type `T`, as data. Made by `s` and `parseShape`; goes wherever Standard Schema is understood.
 * A shape that refers to what is built later throws `ShapeError` at the first look at it, others when they are built.
 */
export interface Shape<T> extends FieldModifiers<T> {
  readonly node: Node;
  /** SHA-256 of everything that matters on the wire; structural, names of newtypes and refs left out. */
  readonly digest: string;
  /** SHA-256 of that and of how values look in JavaScript: records, typed arrays, views, property names of enums. */
  readonly bindingDigest: string;
  /** The JSON form, canonical: read and printed again it is the same text. */
  toJSON(): ShapeJson;
  /** The JSON form as text. */
  toString(): string;
  readonly "~standard": StandardProps<T>;
}

interface State {
  node: Node;
  digest?: string;
  bindingDigest?: string;
}

const states = new WeakMap<object, State>();

export const isShape = (value: unknown): value is Shape<unknown> =>
  typeof value === "object" && value !== null && states.has(value);

function stateOf(shape: object): State {
  const state = states.get(shape);
  if (state === undefined) refuse("shape.unknown_kind", "$", "not a shape");
  return state;
}

/** What a closed ref stands for: outside the cycle it closes, it would be an indirection that says nothing. */
const pastRef = (node: Node): Node => (node.kind === "ref" && node.target !== undefined ? node.target : node);

/** The node, sealed or not: for building only. */
export const draftOf = (shape: object): Node => pastRef(stateOf(shape).node);

function sealedState(shape: object): State {
  const state = stateOf(shape);
  if (!isSealed(state.node)) state.node = seal(state.node);
  state.node = pastRef(state.node);
  return state;
}

const members = {
  ...fieldModifiers,

  get node(): Node {
    return sealedState(this).node;
  },

  get digest(): string {
    const state = sealedState(this);
    state.digest ??= digestOf(state.node);
    return state.digest;
  },

  get bindingDigest(): string {
    const state = sealedState(this);
    state.bindingDigest ??= bindingDigestOf(state.node);
    return state.bindingDigest;
  },

  toJSON(): ShapeJson {
    return printShape(sealedState(this).node);
  },

  toString(): string {
    return JSON.stringify(printShape(sealedState(this).node));
  },

  get "~standard"(): StandardProps<unknown> {
    return {
      version: 1,
      vendor: "sinter",
      validate: (value) => validate(sealedState(this).node, value),
    };
  },
};

/** D52: a value in decoded form is given back as it is, anything else with what is wrong. */
function validate(node: Node, value: unknown): StandardResult<unknown> {
  const captured = captureValue(node, value);
  return captured.ok ? { value } : { issues: captured.issues };
}

/** `draft` as a shape of type `T`, which the caller vouches for. */
export function shapeOf<T>(draft: Node): Shape<T> {
  const node = isReady(draft) ? seal(draft) : draft;
  const shape: object = Object.create(Object.freeze(members) as object);
  states.set(shape, { node });
  return Object.freeze(shape) as Shape<T>; // members, with T for what is unknown
}
