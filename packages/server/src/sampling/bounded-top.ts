/** The first N of a stream of items in an order, in bounded memory: a heap with the last of them on top. */
export interface BoundedTop<Item> {
  /** Whether `size` items are kept; another item then replaces `last()` only if it goes before it. */
  readonly isFull: () => boolean;
  /** The kept item that is last in the order, and the next to be replaced; undefined if there is none. */
  readonly last: () => Item | undefined;
  readonly offer: (item: Item) => void;
  /** The kept items, in order. */
  readonly ranked: () => Item[];
}

/** Starts an empty selection. `compare`: negative if `a` goes before `b`. Time O(log size) per item, memory O(size). */
export function startBoundedTop<Item>(size: number, compare: (a: Item, b: Item) => number): BoundedTop<Item> {
  const heap: Item[] = [];

  const siftUp = (start: number): void => {
    let child = start;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (compare(heap[child]!, heap[parent]!) <= 0) return;
      swap(child, parent);
      child = parent;
    }
  };
  const siftDown = (start: number): void => {
    let parent = start;
    for (;;) {
      let last = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && compare(heap[child]!, heap[last]!) > 0) last = child;
      }
      if (last === parent) return;
      swap(parent, last);
      parent = last;
    }
  };
  const swap = (a: number, b: number): void => {
    const held = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = held;
  };

  return {
    isFull: () => heap.length >= size,
    last: () => heap[0],
    offer(item) {
      if (heap.length < size) {
        heap.push(item);
        siftUp(heap.length - 1);
      } else if (size > 0 && compare(item, heap[0]!) < 0) {
        heap[0] = item;
        siftDown(0);
      }
    },
    ranked: () => [...heap].sort(compare),
  };
}
