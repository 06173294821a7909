/**
 * Small numbers for large keys, so that what is known about a key can lie in an array. A number is given up
 * when nobody retains it any more, and given again later.
 */
export class Numbering<Value> {
  readonly #numbers = new Map<number, number>();
  readonly #keys: number[] = [];
  readonly #values: Value[] = [];
  readonly #holders: number[] = [];
  readonly #free: number[] = [];

  /** One more than the largest number given so far. */
  get capacity(): number {
    return this.#keys.length;
  }

  /** The key's number, retained once more. `value` is kept where the key is new. */
  retain(key: number, value: Value): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) {
      this.#holders[known]++;
      return known;
    }
    const number = this.#free.pop() ?? this.#keys.length;
    this.#numbers.set(key, number);
    this.#keys[number] = key;
    this.#values[number] = value;
    this.#holders[number] = 1;
    return number;
  }

  /** The key's number where someone retains it; -1 otherwise. */
  find(key: number): number {
    return this.#numbers.get(key) ?? -1;
  }

  /** Retains a number that someone holds already. */
  hold(number: number): void {
    this.#holders[number]++;
  }

  release(number: number): void {
    if (--this.#holders[number] > 0) return;
    this.#numbers.delete(this.#keys[number]);
    this.#free.push(number);
  }

  valueOf(number: number): Value {
    return this.#values[number];
  }
}
