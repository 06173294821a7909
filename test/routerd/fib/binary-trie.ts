/**
 * The table that the compressed one is held against where a naive one would take too long: a binary trie,
 * path-compressed (D. Morrison, "PATRICIA", JACM 1968), a node per prefix or place where two part, in typed arrays.
 * It shares no code and no idea with the table under test.
 */
import { type Ipv4, maskOf, type Prefix } from '../../../src/net/address.ts';
import { NONE } from '../../../src/routerd/fib/fib.ts';
import { SLOTS, type Slot } from '../../../src/routerd/forwarding/contract.ts';

/** The root: 0.0.0.0/0, always there. As it is nobody's child, its number says "no child" in `#children`. */
const ROOT = 0;

export class BinaryTrie {
  #addresses = new Uint32Array(64);
  #lengths = new Uint8Array(64);
  /** Children of node n by the bit that follows its prefix: 2n and 2n + 1. */
  #children = new Uint32Array(128);
  #columns: Uint32Array[] = SLOTS.map(() => new Uint32Array(64));
  #used = 1;
  readonly #free: number[] = [];

  /** What it has taken, its reserves included. */
  get byteLength(): number {
    const columns = this.#columns.reduce((sum, column) => sum + column.byteLength, 0);
    return this.#addresses.byteLength + this.#lengths.byteLength + this.#children.byteLength + columns;
  }

  lookup(address: Ipv4, slot: Slot): number {
    const column = this.#columns[slot];
    const addresses = this.#addresses;
    const lengths = this.#lengths;
    const children = this.#children;
    let best = column[ROOT];
    let node = ROOT;
    let length = 0;
    while (length < 32) {
      node = children[2 * node + ((address >>> (31 - length)) & 1)];
      if (node === ROOT) break;
      length = lengths[node];
      if ((address ^ addresses[node]) >>> (32 - length) !== 0) break;
      const group = column[node];
      if (group !== NONE) best = group;
    }
    return best;
  }

  get(prefix: Prefix, slot: Slot): number {
    let node = ROOT;
    while (this.#lengths[node] < prefix.length) {
      node = this.#childToward(node, prefix.address);
      if (node === ROOT || this.#common(node, prefix) < this.#lengths[node]) return NONE;
    }
    return this.#columns[slot][node];
  }

  set(prefix: Prefix, slot: Slot, group: number): void {
    if (group === NONE) {
      this.#withdraw(prefix, slot);
      return;
    }
    // First the node: making it may put larger arrays in the place of these.
    const node = this.#nodeFor(prefix);
    this.#columns[slot][node] = group;
  }

  *entries(slot: Slot): Generator<{ readonly prefix: Prefix; readonly group: number }> {
    const ahead = [ROOT];
    for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
      const group = this.#columns[slot][node];
      const prefix = { address: this.#addresses[node], length: this.#lengths[node] };
      if (group !== NONE) yield { prefix, group };
      for (const child of [this.#children[2 * node + 1], this.#children[2 * node]]) {
        if (child !== ROOT) ahead.push(child);
      }
    }
  }

  /** The node of exactly this prefix, made where there is none. */
  #nodeFor(prefix: Prefix): number {
    let node = ROOT;
    while (this.#lengths[node] < prefix.length) {
      const child = this.#childToward(node, prefix.address);
      if (child === ROOT) return this.#adopt(node, this.#allocate(prefix.address, prefix.length));
      const common = this.#common(child, prefix);
      if (common < this.#lengths[child]) return this.#split(node, child, common, prefix);
      node = child;
    }
    return node;
  }

  /** Puts the prefix between `parent` and `child`, which agree with it in `common` bits only. */
  #split(parent: number, child: number, common: number, prefix: Prefix): number {
    const branch = this.#allocate((prefix.address & maskOf(common)) >>> 0, common);
    const node = common === prefix.length ? branch : this.#allocate(prefix.address, prefix.length);
    this.#adopt(parent, branch);
    this.#adopt(branch, child);
    return node === branch ? branch : this.#adopt(branch, node);
  }

  #withdraw(prefix: Prefix, slot: Slot): void {
    let grandparent = ROOT;
    let parent = ROOT;
    let node = ROOT;
    while (this.#lengths[node] < prefix.length) {
      grandparent = parent;
      parent = node;
      node = this.#childToward(node, prefix.address);
      if (node === ROOT || this.#common(node, prefix) < this.#lengths[node]) return;
    }
    this.#columns[slot][node] = NONE;
    this.#prune(node, parent);
    this.#prune(parent, grandparent);
  }

  /** Takes out a node that neither has a route nor parts two others. */
  #prune(node: number, parent: number): void {
    if (node === ROOT || this.#columns.some((column) => column[node] !== NONE)) return;
    const zero = this.#children[2 * node];
    const one = this.#children[2 * node + 1];
    if (zero !== ROOT && one !== ROOT) return;
    const at = 2 * parent + this.#bitAfter(parent, this.#addresses[node]);
    this.#children[at] = zero === ROOT ? one : zero;
    this.#free.push(node);
  }

  #childToward(node: number, address: Ipv4): number {
    return this.#children[2 * node + this.#bitAfter(node, address)];
  }

  #bitAfter(node: number, address: Ipv4): number {
    return (address >>> (31 - this.#lengths[node])) & 1;
  }

  /** How many leading bits the node's prefix and this one share. */
  #common(node: number, prefix: Prefix): number {
    const same = Math.clz32(this.#addresses[node] ^ prefix.address);
    return Math.min(same, this.#lengths[node], prefix.length);
  }

  #adopt(parent: number, child: number): number {
    this.#children[2 * parent + this.#bitAfter(parent, this.#addresses[child])] = child;
    return child;
  }

  #allocate(address: Ipv4, length: number): number {
    const node = this.#free.pop() ?? this.#extend();
    this.#addresses[node] = address;
    this.#lengths[node] = length;
    this.#children.fill(ROOT, 2 * node, 2 * node + 2);
    return node;
  }

  #extend(): number {
    if (this.#used === this.#lengths.length) {
      this.#addresses = doubled(this.#addresses);
      this.#children = doubled(this.#children);
      this.#columns = this.#columns.map(doubled);
      const lengths = new Uint8Array(this.#lengths.length * 2);
      lengths.set(this.#lengths);
      this.#lengths = lengths;
    }
    return this.#used++;
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const twice = new Uint32Array(array.length * 2);
  twice.set(array);
  return twice;
}
