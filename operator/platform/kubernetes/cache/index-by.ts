/**
 * Objects of a cache by something they have in common, such as the pods of a job. Fed with every change, so that asking
 * costs the same whether there are ten objects or a hundred thousand.
 */
import type { Change, Versioned } from '../../../../kube/informer.ts';

export class IndexBy<T extends Versioned> {
  readonly #groupOf: (object: T) => string;
  readonly #groups = new Map<string, Map<string, T>>();

  constructor(groupOf: (object: T) => string) {
    this.#groupOf = groupOf;
  }

  take({ before, after }: Change<T>): void {
    if (before !== null) {
      const name = this.#groupOf(before);
      const group = this.#groups.get(name);
      group?.delete(before.key);
      if (group?.size === 0) {
        this.#groups.delete(name);
      }
    }
    if (after !== null) {
      const name = this.#groupOf(after);
      const group = this.#groups.get(name) ?? new Map<string, T>();
      group.set(after.key, after);
      this.#groups.set(name, group);
    }
  }

  /** In no order. */
  of(group: string): readonly T[] {
    return [...(this.#groups.get(group)?.values() ?? [])];
  }
}
