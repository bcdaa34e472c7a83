// What lies on every way to what, in a graph whose nodes come in an order in which all edges go forward. Each edge costs
// the logarithm of the depth: nodes know one ancestor far above them beside their parent.

export class Dominators {
  /** The nearest node on every way here; -1: no way leads here, or this is the start. */
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** Nodes that are reached, in the order they were placed. */
  readonly placed: number[] = [];
  readonly #jump: Int32Array;

  constructor(nodes: number) {
    this.parent = new Int32Array(nodes).fill(-1);
    this.depth = new Int32Array(nodes);
    this.#jump = new Int32Array(nodes);
  }

  /** `from` has been placed, `to` has not. */
  edge(from: number, to: number): void {
    const known = this.parent[to]!;
    this.parent[to] = known < 0 ? from : this.common(known, from);
  }

  /** All edges to `node` are known. False: there are none; the first one placed needs none. */
  place(node: number): boolean {
    const parent = this.parent[node]!;
    if (parent < 0 && this.placed.length > 0) return false;
    this.placed.push(node);
    if (parent < 0) {
      this.#jump[node] = node;
      return true;
    }
    this.depth[node] = this.depth[parent]! + 1;
    const far = this.#jump[parent]!;
    const [above, further] = [this.depth[far]!, this.depth[this.#jump[far]!]!];
    this.#jump[node] = this.depth[parent]! - above === above - further ? this.#jump[far]! : parent;
    return true;
  }

  isReached(node: number): boolean {
    return this.parent[node]! >= 0 || this.placed[0] === node;
  }

  /** The nearest node on every way to both. */
  common(a: number, b: number): number {
    const depth = Math.min(this.depth[a]!, this.depth[b]!);
    let left = this.ancestor(a, depth);
    let right = this.ancestor(b, depth);
    while (left !== right) {
      const apart = this.#jump[left] !== this.#jump[right];
      left = apart ? this.#jump[left]! : this.parent[left]!;
      right = apart ? this.#jump[right]! : this.parent[right]!;
    }
    return left;
  }

  /** What dominates `node` at that depth, which is at most its own. */
  ancestor(node: number, depth: number): number {
    let at = node;
    while (this.depth[at]! > depth) {
      const far = this.#jump[at]!;
      at = this.depth[far]! >= depth ? far : this.parent[at]!;
    }
    return at;
  }

  /** Whether every way to `node` goes through `over`. */
  isOver(over: number, node: number): boolean {
    return this.depth[over]! <= this.depth[node]! && this.ancestor(node, this.depth[over]!) === over;
  }

  /** Nodes in an order in which those under one stand behind it: `at[node]`, up to `end[node]`. */
  preorder(): { readonly nodes: readonly number[]; readonly at: Int32Array; readonly end: Int32Array } {
    const { parent, placed } = this;
    const size = new Int32Array(parent.length).fill(1);
    for (const node of [...placed].reverse()) if (parent[node]! >= 0) size[parent[node]!]! += size[node]!;
    const at = new Int32Array(parent.length);
    const end = new Int32Array(parent.length);
    const next = new Int32Array(parent.length);
    const nodes = new Array<number>(placed.length).fill(0);
    for (const node of placed) {
      const over = parent[node]!;
      at[node] = over < 0 ? 0 : next[over]!;
      end[node] = at[node]! + size[node]!;
      if (over >= 0) next[over] = end[node]!;
      next[node] = at[node]! + 1;
      nodes[at[node]!] = node;
    }
    return { nodes, at, end };
  }
}
