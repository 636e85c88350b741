"""Heights of many items in a column, with O(log n) lookup of offsets and lines.

A binary indexed tree: changing one height, adding one at the end, the sum of the first k and the search for a line
all take a number of operations that grows with the logarithm of how many there are.
"""

from collections.abc import Iterable


class HeightIndex:
    """A growing list of heights, each 0 or more."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._tree = [0, *self._heights]
        for index in range(1, len(self._tree)):
            parent = index + (index & -index)
            if parent < len(self._tree):
                self._tree[parent] += self._tree[index]
        self.total = sum(self._heights)
        """The sum of all."""

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def __setitem__(self, index: int, height: int) -> None:
        change = height - self._heights[index]
        if not change:
            return
        self._heights[index] = height
        self.total += change
        node = index + 1
        while node < len(self._tree):
            self._tree[node] += change
            node += node & -node

    def append(self, height: int) -> None:
        """Add one at the end."""
        self._heights.append(height)
        self.total += height
        node = len(self._heights)
        value, child = height, 1
        while child < (node & -node):
            value += self._tree[node - child]
            child <<= 1
        self._tree.append(value)

    def truncate(self, count: int) -> None:
        """Keep only the first `count`."""
        self.total = self.offset(count)
        del self._heights[count:]
        del self._tree[count + 1 :]

    def offset(self, index: int) -> int:
        """Return the sum of the heights before `index`."""
        total, node = 0, index
        while node:
            total += self._tree[node]
            node &= node - 1
        return total

    def find(self, line: int) -> tuple[int, int]:
        """Return the index of the item at a line, and the line within it; the end of the last one beyond it."""
        if line >= self.total or not self._heights:
            last = max(len(self._heights) - 1, 0)
            return last, (self._heights[last] if self._heights else 0)
        node, rest = 0, max(line, 0)
        step = 1 << (len(self._heights).bit_length())
        while step:
            following = node + step
            if following < len(self._tree) and self._tree[following] <= rest:
                node, rest = following, rest - self._tree[following]
            step >>= 1
        return node, rest
