/**
 * Attributes of equal content are one object, and so are AS paths: a full table of 500,000 routes has some 80,000
 * sets of attributes, and both planes of a router, or all routers of a process, hold the same. The pool keeps nothing
 * alive: what nobody holds any more is gone from it by the next sweep, which comes when a table has doubled since the
 * last one.
 */
import { encodeAsPath } from './as-path.ts';
import { encodeAttributes, isHost } from './attribute-codec.ts';
import type { AsSegment, PathAttributes } from './attributes.ts';

export class AttributePool {
  readonly #paths = new WeakTable<readonly AsSegment[]>();
  /** By the bytes that we would send. */
  readonly #sets = new WeakTable<PathAttributes>();
  /** By the bytes of an UPDATE without fault that are not as we would send them: from our own AS, and from others. */
  readonly #internal = new WeakTable<PathAttributes>();
  readonly #external = new WeakTable<PathAttributes>();

  /** Sets of attributes in the pool, those that nobody holds any more among them until the next sweep. */
  get size(): number {
    return this.#sets.size;
  }

  /** The one frozen object for attributes like these. */
  intern(attributes: PathAttributes): PathAttributes {
    const bytes = encodeAttributes(attributes, { fourByteAs: true, nextHop: true });
    return this.#sets.intern(keyOf(bytes), () => this.#freeze(attributes));
  }

  /** The one frozen object for a path like this. */
  internPath(path: readonly AsSegment[]): readonly AsSegment[] {
    return this.#paths.intern(keyOf(encodeAsPath(path, 4)), () =>
      Object.freeze(path.map(({ type, numbers }) => Object.freeze({ type, numbers: frozen(numbers) }))),
    );
  }

  /** What an UPDATE's attributes say, where that is known and without fault: most sets arrive many times over. */
  known(bytes: Uint8Array, external: boolean): PathAttributes | undefined {
    const key = keyOf(bytes);
    const ours = this.#sets.get(key);
    if (ours !== undefined && mayCome(ours, external)) return ours;
    return (external ? this.#external : this.#internal).get(key);
  }

  /** `attributes`, which `intern` returned, are what these bytes say, without fault. */
  learn(bytes: Uint8Array, external: boolean, attributes: PathAttributes): void {
    const key = keyOf(bytes);
    if (this.#sets.get(key) === attributes) return;
    (external ? this.#external : this.#internal).set(key, attributes);
  }

  #freeze(attributes: PathAttributes): PathAttributes {
    const { asPath, communities, largeCommunities, extendedCommunities, clusterList, unknown } = attributes;
    return Object.freeze({
      ...attributes,
      asPath: this.internPath(asPath),
      communities: frozen(communities),
      largeCommunities: frozen(largeCommunities),
      extendedCommunities: frozen(extendedCommunities),
      clusterList: frozen(clusterList),
      unknown: frozen(unknown),
    });
  }
}

/** What we made ourselves need not be what a neighbour may send. */
function mayCome(set: PathAttributes, external: boolean): boolean {
  const { localPreference, originatorId, clusterList, nextHop } = set;
  if (!isHost(nextHop)) return false;
  if (!external) return localPreference !== undefined;
  return localPreference === undefined && originatorId === undefined && clusterList.length === 0;
}

const EMPTY: readonly never[] = Object.freeze([]);

function frozen<Item>(list: readonly Item[]): readonly Item[] {
  return list.length === 0 ? EMPTY : Object.isFrozen(list) ? list : Object.freeze([...list]);
}

/** Arguments of one call, which lie on the stack. */
const MAX_ARGUMENTS = 16_384;

/** One character for each byte: strings are hashed with a secret, and take one byte a character. */
function keyOf(bytes: Uint8Array): string {
  if (bytes.length <= MAX_ARGUMENTS) return Reflect.apply(String.fromCharCode, undefined, bytes);
  let key = '';
  for (let at = 0; at < bytes.length; at += MAX_ARGUMENTS) {
    key += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + MAX_ARGUMENTS));
  }
  return key;
}

/** A table of values that it does not keep alive. */
class WeakTable<Value extends object> {
  readonly #references = new Map<string, WeakRef<Value>>();
  #sweepAt = 1024;

  get size(): number {
    return this.#references.size;
  }

  get(key: string): Value | undefined {
    return this.#references.get(key)?.deref();
  }

  set(key: string, value: Value): void {
    if (this.#references.size >= this.#sweepAt) this.#sweep();
    this.#references.set(key, new WeakRef(value));
  }

  intern(key: string, make: () => Value): Value {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }

  #sweep(): void {
    for (const [key, reference] of this.#references) {
      if (reference.deref() === undefined) this.#references.delete(key);
    }
    this.#sweepAt = Math.max(1024, 2 * this.#references.size);
  }
}
