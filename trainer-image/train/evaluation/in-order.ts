/**
 * Puts back into their order what several lanes bring when they are done with it. In: values with their numbers, from 0 and
 * without gaps, in any order. Out: the values by ascending number, each as soon as all before it are there.
 */

export class InOrder<Value> {
  readonly #take: (value: Value) => void;
  readonly #early = new Map<number, Value>();
  #next = 0;

  constructor(take: (value: Value) => void) {
    this.#take = take;
  }

  put(number: number, value: Value): void {
    this.#early.set(number, value);
    for (let due = this.#early.get(this.#next); due !== undefined; due = this.#early.get(this.#next)) {
      this.#early.delete(this.#next);
      this.#next += 1;
      this.#take(due);
    }
  }
}
