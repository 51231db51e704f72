/** The terms of an objective as a list: chosen, weighted, moved, removed; numbers are live, the list itself restarts. */
import { useId } from 'react';
import { limits } from '../../spec/limits.ts';
import type { ObjectiveSpec, TermSpec } from '../../spec/runSpec.ts';
import { useAppStore, useController } from '../appContext.tsx';
import { Slider } from '../Slider.tsx';
import { figures, t } from '../text.ts';
import { trainableIds } from './families.ts';
import { goToFormula } from './goToFormula.ts';
import { LossOptions } from './LossOptions.tsx';
import { LossSelect } from './LossSelect.tsx';
import { freshTerm, termParameters, termTitle } from './termFacts.ts';
import { l } from './words.ts';

export function TermList({ base, terms }: { base: string; terms: ObjectiveSpec['terms'] }) {
  const controller = useController();
  const store = useAppStore();
  const set = (next: ObjectiveSpec['terms']) => controller.edit(`${base}.terms`, next);
  return (
    <div className="terms" data-control="objective.terms">
      <ol aria-label={l('editor.terms')}>
        {terms.map((term, at) => (
          <TermField
            // biome-ignore lint/suspicious/noArrayIndexKey: a term is its place in the list
            key={at}
            base={`${base}.terms.${at}`}
            term={term}
            place={at}
            count={terms.length}
            onReplace={(next) => set(terms.with(at, next))}
            onMove={(by) => set(moved(terms, at, at + by))}
            onRemove={() => set(terms.filter((_, i) => i !== at))}
          />
        ))}
      </ol>
      {terms.length >= limits.terms.max ? (
        <p className="hint">{l('editor.most', { n: limits.terms.max })}</p>
      ) : (
        <LossSelect
          label={l('editor.add')}
          ids={trainableIds}
          onChoose={(id) => {
            set([...terms, freshTerm(id)]);
            if (id === 'formula') goToFormula(store);
          }}
        />
      )}
    </div>
  );
}

interface TermFieldProps {
  /** Path of the term. */
  readonly base: string;
  readonly term: TermSpec;
  readonly place: number;
  readonly count: number;
  onReplace(term: TermSpec): void;
  onMove(by: number): void;
  onRemove(): void;
}

function TermField({ base, term, place, count, onReplace, onMove, onRemove }: TermFieldProps) {
  const id = useId();
  const controller = useController();
  const store = useAppStore();
  const title = termTitle(term.id);
  return (
    <li className="term" data-control={base}>
      <div className="term-head">
        <label htmlFor={id}>{l('editor.term', { n: place + 1 })}</label>
        <TermButtons title={title} id={term.id} {...{ place, count, onMove, onRemove }} />
      </div>
      <select
        id={id}
        value={term.id}
        onChange={({ currentTarget: { value } }) => {
          onReplace({ ...freshTerm(value), weight: term.weight });
          if (value === 'formula') goToFormula(store);
        }}
      >
        <LossOptions ids={trainableIds.includes(term.id) ? trainableIds : [term.id, ...trainableIds]} />
      </select>
      <Slider
        path={`${base}.weight`}
        label={l('editor.weight')}
        value={term.weight}
        min={0}
        max={4}
        hard={limits.weight}
        badge={t('field.live')}
        spoken={(value) => l('editor.weightSpoken', { title, value: figures(value) })}
        onChange={(value) => controller.edit(`${base}.weight`, value)}
      />
      {termParameters(term).map((parameter) => (
        <Slider
          key={parameter.path}
          path={`${base}.${parameter.path}`}
          label={parameter.label}
          value={parameter.value}
          min={parameter.min}
          max={parameter.max}
          hard={parameter.hard}
          whole={parameter.whole}
          scale={parameter.scale}
          badge={t('field.live')}
          hint={parameter.note}
          onChange={(value) => controller.edit(`${base}.${parameter.path}`, value)}
        />
      ))}
    </li>
  );
}

interface ButtonsProps {
  readonly title: string;
  readonly id: string;
  readonly place: number;
  readonly count: number;
  onMove(by: number): void;
  onRemove(): void;
}

function TermButtons({ title, id, place, count, onMove, onRemove }: ButtonsProps) {
  const store = useAppStore();
  const button = (sign: string, words: string, off: boolean, act: () => void) => (
    <button
      key={sign}
      type="button"
      className="plain icon-only"
      aria-label={words}
      title={words}
      disabled={off}
      onClick={act}
    >
      {sign}
    </button>
  );
  return (
    <span className="term-buttons">
      {id === 'formula'
        ? button('✎', l('editor.write'), false, () => goToFormula(store))
        : button('?', l('editor.about', { title }), false, () =>
            store.setState({ dialog: 'catalogue', topic: id }),
          )}
      {count < 2 ? null : button('↑', l('editor.up', { title }), place === 0, () => onMove(-1))}
      {count < 2 ? null : button('↓', l('editor.down', { title }), place === count - 1, () => onMove(1))}
      {count < 2 ? null : button('×', l('lens.remove', { title }), false, onRemove)}
    </span>
  );
}

function moved(terms: ObjectiveSpec['terms'], from: number, to: number): ObjectiveSpec['terms'] {
  const term = terms[from];
  if (term === undefined) return terms;
  return terms.filter((_, at) => at !== from).toSpliced(to, 0, term);
}
