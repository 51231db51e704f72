/** All about one loss: its formula with its parameters as knobs, a picture of what it punishes, needs, paper, names. */
import { useState } from 'react';
import { type Pictured, picturedAs } from '../../losses/pictured.ts';
import { softenedAnswers, texOf } from '../../losses/tex.ts';
import { Slider } from '../Slider.tsx';
import { figures } from '../text.ts';
import { Formula, type Knob } from './Formula.tsx';
import { type CatalogueEntry, typicalParameters } from './families.ts';
import { Conventions, Facts } from './LossFacts.tsx';
import { LossPicture, sweep } from './LossPicture.tsx';
import { scaleOf } from './termFacts.ts';
import { l } from './words.ts';

export function LossCard({ entry }: { entry: CatalogueEntry }) {
  const [values, setValues] = useState<Readonly<Record<string, number>>>({});
  const [temperature, setTemperature] = useState(2);
  const [teacher, setTeacher] = useState(2);
  const parameters = { ...typicalParameters(entry.id), ...values };
  const set = (name: string, value: number) => setValues({ ...values, [name]: value });
  const pictured = picturedAs(entry.id);
  const tex = texOf(entry.id);
  const knobs: readonly Knob[] = [
    ...entry.parameters.map(
      ({ name, symbol, title, min, max }): Knob => ({
        ...{ symbol, title, controls: `knob-${name}`, value: parameters[name] ?? min },
        perPixel: (max - min) / 200,
        onChange: (value) => set(name, clamp(value, min, max)),
      }),
    ),
    ...(entry.softened
      ? [
          {
            ...{ symbol: 'T', title: l('card.temperature'), controls: 'knob-T', value: temperature },
            perPixel: 0.05,
            onChange: (value: number) => setTemperature(clamp(value, 0.5, 16)),
          },
        ]
      : []),
  ];
  return (
    <article className="loss-card" aria-labelledby="loss-card-title">
      <header>
        <h3 id="loss-card-title">{entry.title}</h3>
        <p>{entry.about}</p>
      </header>
      <dl className="loss-formulas">
        <dt>{l(`card.value.${lossOf(pictured)}`)}</dt>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll, so the keyboard must reach it */}
        <dd tabIndex={0}>
          <Formula tex={tex?.loss ?? ''} text={entry.formula} knobs={knobs} />
        </dd>
        <dt>{l('card.gradient')}</dt>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll, so the keyboard must reach it */}
        <dd tabIndex={0}>
          <Formula tex={tex?.gradient ?? ''} text={entry.gradient} knobs={knobs} />
        </dd>
        {entry.softened ? (
          <>
            <dt>{l('card.where')}</dt>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll, so the keyboard must reach it */}
            <dd tabIndex={0}>
              <Formula tex={softenedAnswers.join(String.raw`,\quad `)} text="" knobs={knobs} />
            </dd>
          </>
        ) : null}
      </dl>
      {pictured !== null ? (
        <LossPicture
          loss={{ id: entry.id, parameters }}
          temperature={temperature}
          teacher={teacher}
          onTeacher={setTeacher}
        />
      ) : (
        <p className="hint">{l('card.noPicture')}</p>
      )}
      <div className="knobs">
        {entry.parameters.map(({ name, symbol, title, min, max, note }) => (
          <div key={name} id={`knob-${name}`}>
            <Slider
              label={`${title} ${symbol}`}
              value={parameters[name] ?? min}
              min={min}
              max={max}
              hard={{ min, max }}
              scale={scaleOf(min, max)}
              hint={note}
              spoken={(value) => `${symbol} ${figures(value)}`}
              onChange={(value) => set(name, value)}
            />
          </div>
        ))}
        {entry.softened ? (
          <div id="knob-T">
            <Slider
              label={l('card.temperature')}
              value={temperature}
              min={0.5}
              max={16}
              hard={{ min: 0.01, max: 1000 }}
              scale="log"
              spoken={(value) => `T ${figures(value)}`}
              onChange={setTemperature}
            />
          </div>
        ) : null}
        {pictured !== null ? (
          <Slider
            label={l(
              pictured === 'row' || pictured === 'column' ? 'card.teacherLogit' : 'card.teacherNumber',
            )}
            value={teacher}
            min={sweep.min}
            max={sweep.max}
            hard={sweep}
            spoken={(value) => figures(value)}
            onChange={setTeacher}
          />
        ) : null}
      </div>
      <Facts entry={entry} />
      <Conventions entry={entry} />
    </article>
  );
}

/** Of what the loss is one number. */
function lossOf(pictured: Pictured | null): 'row' | 'state' | 'batch' | 'text' {
  if (pictured === 'state') return 'state';
  if (pictured === 'relation' || pictured === 'column') return 'batch';
  return pictured === 'query' || pictured === 'value' ? 'text' : 'row';
}

function clamp(value: number, min: number, max: number): number {
  return Number(Math.min(max, Math.max(min, value)).toPrecision(3));
}
