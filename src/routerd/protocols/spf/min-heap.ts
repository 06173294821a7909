/** A binary heap of small numbers ordered by key; of equal keys, the one pushed first need not come first. */
export class MinHeap {
  readonly #keys: number[] = [];
  readonly #values: number[] = [];

  push(key: number, value: number): void {
    const keys = this.#keys;
    const values = this.#values;
    let hole = keys.push(key) - 1;
    values.push(value);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (keys[parent] <= key) break;
      keys[hole] = keys[parent];
      values[hole] = values[parent];
      hole = parent;
    }
    keys[hole] = key;
    values[hole] = value;
  }

  /** Removes the value with the smallest key; -1 where there is none. */
  pop(): number {
    const keys = this.#keys;
    const values = this.#values;
    const key = keys.pop();
    const value = values.pop();
    if (key === undefined || value === undefined) return -1;
    const size = keys.length;
    if (size === 0) return value;
    const smallest = values[0];
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && keys[child + 1] < keys[child]) child++;
      if (key <= keys[child]) break;
      keys[hole] = keys[child];
      values[hole] = values[child];
      hole = child;
    }
    keys[hole] = key;
    values[hole] = value;
    return smallest;
  }
}
