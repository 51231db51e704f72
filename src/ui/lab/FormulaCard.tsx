/**
 * A loss of one's own as a formula: typed here, its parameters as sliders, where it is wrong said at the character, what
 * it punishes, what the checks find, and the shader text that it becomes. While it is wrong the last good one stands.
 */
import { useId, useState } from 'react';
import type { TermSpec } from '../../spec/runSpec.ts';
import { useApp, useController } from '../appContext.tsx';
import { Slider } from '../Slider.tsx';
import { t } from '../text.ts';
import { ChecksPanel } from './ChecksPanel.tsx';
import { CopyButton } from './CopyButton.tsx';
import { FormulaField } from './FormulaField.tsx';
import { examples, readFormula, valuesFor } from './formulas.ts';
import { LossPicture } from './LossPicture.tsx';
import { termParameters } from './termFacts.ts';
import { l } from './words.ts';

interface Place {
  /** Path of the term in the specification. */
  readonly path: string;
  readonly term: TermSpec;
}

/** Nothing where no term of the draft is a formula. */
export function FormulaCard() {
  const draft = useApp((state) => state.draft);
  const [wanted, setWanted] = useState(0);
  const places = [
    ...placesIn('objective', draft.objective.terms),
    ...draft.arms.flatMap((arm, at) => placesIn(`arms.${at}.objective`, arm.objective?.terms ?? [])),
  ];
  const place = places[Math.min(wanted, places.length - 1)];
  if (place === undefined) return null;
  return (
    <section className="card formula-card" aria-labelledby="formula-title">
      <header className="lens-head">
        <h2 id="formula-title">{l('formula.title')}</h2>
        {places.length < 2 ? null : (
          <Places places={places} at={places.indexOf(place)} onChange={setWanted} />
        )}
      </header>
      <Workbench key={place.path} place={place} />
    </section>
  );
}

function placesIn(base: string, terms: readonly TermSpec[]): readonly Place[] {
  return terms.flatMap((term, at) => (term.id === 'formula' ? [{ path: `${base}.terms.${at}`, term }] : []));
}

interface PlacesProps {
  readonly places: readonly Place[];
  readonly at: number;
  onChange(at: number): void;
}

function Places({ places, at, onChange }: PlacesProps) {
  const id = useId();
  return (
    <span className="row">
      <label htmlFor={id} className="visually-hidden">
        {l('formula.which')}
      </label>
      <select id={id} value={at} onChange={(event) => onChange(Number(event.currentTarget.value))}>
        {places.map(({ path }, i) => (
          <option key={path} value={i}>
            {l('formula.nth', { n: i + 1 })}
          </option>
        ))}
      </select>
    </span>
  );
}

function Workbench({ place: { path, term } }: { place: Place }) {
  const controller = useController();
  const temperature = useApp((state) => state.draft.objective.temperature);
  const [typed, setTyped] = useState<string | null>(null);
  const [teacher, setTeacher] = useState(2);
  const text = typed ?? term.formula ?? '';
  const reading = readFormula(text);
  const good = readFormula(term.formula ?? '');
  const change = (next: string) => {
    const read = readFormula(next);
    setTyped(read.error === null ? null : next);
    if (read.error !== null) return;
    const values = valuesFor(read.formula.parameters, term.values ?? {});
    controller.edit(path, { ...term, formula: next, values });
  };
  return (
    <div className="workbench">
      <div className="workbench-part">
        <Examples onChoose={change} />
        <FormulaField text={text} error={reading.error} onChange={change} />
        {termParameters(term).map((parameter) => (
          <Slider
            key={parameter.path}
            label={parameter.label}
            value={parameter.value}
            min={parameter.min}
            max={parameter.max}
            hard={parameter.hard}
            scale={parameter.scale}
            badge={t('field.live')}
            onChange={(value) => controller.edit(`${path}.${parameter.path}`, value)}
          />
        ))}
        {good.error === null ? <Shader text={good.formula.wgsl} /> : null}
        <Language />
      </div>
      <div className="workbench-part">
        {good.error === null ? (
          <LossPicture
            loss={{ id: 'formula', formula: good.formula.text, parameters: term.values ?? {} }}
            temperature={temperature}
            teacher={teacher}
            onTeacher={setTeacher}
          />
        ) : null}
        <ChecksPanel loss={{ id: 'formula', formula: text, parameters: term.values ?? {} }} />
      </div>
    </div>
  );
}

function Examples({ onChoose }: { onChoose(text: string): void }) {
  const id = useId();
  return (
    <div className="loss-select">
      <label htmlFor={id}>{l('formula.begin')}</label>
      <select
        id={id}
        value=""
        onChange={(event) => {
          const example = examples.find(({ name }) => name === event.currentTarget.value);
          if (example !== undefined) onChoose(example.text);
        }}
      >
        <option value="" disabled>
          {l('formula.example')}
        </option>
        {examples.map(({ name }) => (
          <option key={name} value={name}>
            {l(`formula.example.${name}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Shader({ text }: { text: string }) {
  return (
    <details className="shader">
      <summary className="small">{l('formula.shader')}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <pre className="mono" tabIndex={0}>
        {text}
      </pre>
      <CopyButton text={() => text} />
    </details>
  );
}

function Language() {
  return (
    <details className="language">
      <summary className="small">{l('formula.language')}</summary>
      <ul className="small">
        {(['names', 'sums', 'functions', 'parameter', 'parts', 'choice'] as const).map((part) => (
          <li key={part}>{l(`formula.language.${part}`)}</li>
        ))}
      </ul>
    </details>
  );
}
