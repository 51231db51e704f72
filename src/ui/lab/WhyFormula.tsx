/** Tinker's why: the loss of the run as one formula, in which w and T are knobs that act on the sliders of the loss. */
import { softenedAnswers, texOf } from '../../losses/tex.ts';
import { useApp, useController } from '../appContext.tsx';
import { Formula, type Knob } from './Formula.tsx';
import { termTitle } from './termFacts.ts';
import { l } from './words.ts';

/** Nothing for a loss of several terms, of other weights or of the user's own: the laboratory shows those. */
export function WhyFormula() {
  const objective = useApp((state) => state.draft.objective);
  const controller = useController();
  const [term, second] = objective.terms;
  const tex = term === undefined ? null : texOf(term.id);
  const shared = objective.mixing === undefined || objective.mixing === 'share';
  if (term === undefined || second !== undefined || !tex || !shared) return null;
  const edit = (path: string, value: number) => controller.edit(path, Number(value.toPrecision(3)));
  const knobs: readonly Knob[] = [
    {
      ...{ symbol: 'w', title: l('why.mix'), controls: 'slider-objective.mix', value: objective.mix },
      perPixel: 1 / 200,
      onChange: (value) => edit('objective.mix', Math.min(1, Math.max(0, value))),
    },
    {
      ...{ symbol: 'T', title: l('card.temperature'), controls: 'slider-objective.temperature' },
      ...{ value: objective.temperature, perPixel: 0.1 },
      onChange: (value) => edit('objective.temperature', Math.min(64, Math.max(0.5, value))),
    },
  ];
  const scale = objective.scaleByT2 ? 'T^2' : '';
  return (
    <section className="card lesson" aria-labelledby="why-formula">
      <h2 id="why-formula">{l('why.title')}</h2>
      <dl className="loss-formulas">
        <dt>{l('why.whole')}</dt>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll, so the keyboard must reach it */}
        <dd tabIndex={0}>
          <Formula
            tex={String.raw`(1 - w)\,\mathrm{CE} + w\,${scale}\,L`}
            text={l('why.wholeText')}
            knobs={knobs}
          />
        </dd>
        <dt>{termTitle(term.id)}</dt>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll, so the keyboard must reach it */}
        <dd tabIndex={0}>
          <Formula tex={tex.loss} text={termTitle(term.id)} knobs={knobs} />
        </dd>
        <dt>{l('why.softened')}</dt>
        {softenedAnswers.map((tex) => (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll, so the keyboard must reach it
          <dd key={tex} tabIndex={0}>
            <Formula tex={tex} text={tex} knobs={knobs} />
          </dd>
        ))}
      </dl>
      <p className="hint">{l('why.hint')}</p>
    </section>
  );
}
