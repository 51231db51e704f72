/** Lanes that read for each other, as a library of shaders. For adapters where a CPU plays the GPU: there they lie in order. */
import type { FeatureSource } from '../tensor/kernel.ts';

/** To be the first source of a kernel, for its directives. */
export const quadLibrary: FeatureSource = {
  feature: 'subgroups',
  path: 'lib/quads',
  otherwise: 'lib/quads_alone',
};
