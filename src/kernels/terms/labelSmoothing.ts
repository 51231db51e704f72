/** Cross-entropy with (1−ε) on the label and ε/V everywhere (Szegedy et al. 2016); twin of …/label_smoothing.wgsl. */
import { ce } from './ce.ts';
import { parameter, type Term } from './term.ts';

export const labelSmoothing: Term = {
  stem: 'label_smoothing',
  sources: ['distill/terms/label_smoothing'],
  one: true,
  shader: { softened: false },
  labelled: true,
  loss({ logQOne, isLabel, row }, _, params) {
    const epsilon = parameter(params, 0);
    return -((isLabel ? 1 - epsilon : 0) + epsilon / row.classes) * logQOne;
  },
  plain(x, known, params) {
    const epsilon = parameter(params, 0);
    return (ce.plain?.(x, known, params) ?? 0) + epsilon * ((x.isLabel ? 1 : 0) - 1 / x.row.classes);
  },
};
