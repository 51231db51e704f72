/**
 * Which layer of a student learns from which of its teacher: the maps in use, as pairs of layers counted from 0. A
 * specification holds the pairs themselves.
 */

/**
 * `uniform`: i → round(i·(Lt − 1)/(Ls − 1)), first to first and last to last; `block`: the last layer of each of Ls equal
 * blocks, i·Lt/Ls with layers counted from 1 (TinyBERT); `last`: the last layers alone.
 */
export type LayerMapPreset = 'uniform' | 'block' | 'last';

/** Pairs of (student, teacher); none where one of the two has no layer. */
export function layerMap(
  preset: LayerMapPreset,
  students: number,
  teachers: number,
): readonly (readonly [student: number, teacher: number])[] {
  if (students < 1 || teachers < 1) return [];
  const layers = Array.from({ length: students }, (_, i) => i);
  switch (preset) {
    case 'uniform':
      // A single layer has both ends: it learns what the last one knows.
      if (students === 1) return [[0, teachers - 1]];
      return layers.map((i) => [i, Math.round((i * (teachers - 1)) / (students - 1))]);
    case 'block':
      return layers.map((i) => [i, Math.max(0, Math.ceil(((i + 1) * teachers) / students) - 1)]);
    case 'last':
      return [[students - 1, teachers - 1]];
  }
}
