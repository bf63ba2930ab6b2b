/** The first N of any number of items in an order, in bounded memory: a heap with the last of them on top. */
export interface BoundedTop<Item> {
  /** Whether another item could get in that is not behind `last()`. */
  readonly isFull: () => boolean;
  /** The item that would go first; undefined while empty. */
  readonly last: () => Item | undefined;
  readonly offer: (item: Item) => void;
  /** What was kept, in order. */
  readonly ranked: () => Item[];
}

/** `compare`: negative where `a` goes before `b`. Time O(log size) an item, memory O(size). */
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
