/** A link for a class: which parts of the page it shows, which controls it locks, and a few words of its maker. */
import { useId, useState } from 'react';
import {
  emptyLesson,
  type Lesson,
  lessonLimits,
  lessonLocks,
  lessonParts,
  plainLine,
} from '../spec/lesson.ts';
import { linkOf } from '../store/visit.ts';
import { useApp, useAppStore } from './appContext.tsx';
import { CopyText } from './CopyText.tsx';
import { d, maybeDialog } from './dialogWords.ts';
import { QrCode } from './QrCode.tsx';
import { t } from './text.ts';
import { WithResult } from './WithResult.tsx';

/** Longer ones are cut by some programs on their way. */
const longest = 2_000;

export function ShareLesson() {
  const state = useApp((whole) => whole);
  const store = useAppStore();
  const [withResult, setWithResult] = useState(false);
  const lesson: Lesson = { ...(state.lessonDraft ?? state.lesson ?? emptyLesson), level: state.level };
  const change = (next: Partial<Lesson>) => store.setState({ lessonDraft: { ...lesson, ...next } });
  const link = linkOf(state, withResult, { lesson });
  return (
    <details className="more" open={state.lessonDraft !== null || undefined}>
      <summary>{d('share.lesson')}</summary>
      <section>
        <p className="hint">{d('share.lessonAbout', { level: t(`level.${state.level}`) })}</p>
        <Ticks
          legend={d('share.visible')}
          stem="lesson.part"
          ids={lessonParts}
          ticked={lessonParts.filter((part) => !lesson.hide.includes(part))}
          onChange={(shown) => change({ hide: lessonParts.filter((part) => !shown.includes(part)) })}
        />
        <Ticks
          legend={d('share.locked')}
          stem="lesson.lock"
          ids={lessonLocks}
          ticked={lesson.lock}
          onChange={(lock) => change({ lock })}
        />
        <OwnWords lesson={lesson} change={change} />
        <WithResult checked={withResult} onChange={setWithResult} />
        <CopyText label={d('share.lessonLink')} text={link} />
        <p className={link.length > longest ? 'hint is-warning' : 'hint'}>
          {d(link.length > longest ? 'share.tooLong' : 'share.length', { n: link.length, most: longest })}
        </p>
        <QrCode link={linkOf(state, false, { lesson })} />
      </section>
    </details>
  );
}

interface TicksProps<T extends string> {
  readonly legend: string;
  /** Of the words: `lesson.part` for `lesson.part.hero`. */
  readonly stem: string;
  readonly ids: readonly T[];
  readonly ticked: readonly T[];
  onChange(ticked: readonly T[]): void;
}

function Ticks<T extends string>({ legend, stem, ids, ticked, onChange }: TicksProps<T>) {
  return (
    <fieldset className="chips">
      <legend>{legend}</legend>
      {ids.map((id) => (
        <label key={id} className="chip">
          <input
            type="checkbox"
            className="visually-hidden"
            checked={ticked.includes(id)}
            onChange={() => onChange(ids.filter((one) => ticked.includes(one) !== (one === id)))}
          />
          <span>{maybeDialog(`${stem}.${id}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function OwnWords({ lesson, change }: { lesson: Lesson; change(next: Partial<Lesson>): void }) {
  const [titleId, textId] = [useId(), useId()];
  return (
    <>
      <div className="field is-stacked">
        <label htmlFor={titleId}>{d('share.lessonTitle')}</label>
        <input
          id={titleId}
          type="text"
          maxLength={lessonLimits.title}
          defaultValue={lesson.title}
          onChange={(event) => change({ title: plainLine(event.currentTarget.value, lessonLimits.title) })}
        />
      </div>
      <div className="field is-stacked">
        <label htmlFor={textId}>{d('share.lessonText')}</label>
        <textarea
          id={textId}
          rows={3}
          maxLength={lessonLimits.text}
          aria-describedby={`${textId}-hint`}
          defaultValue={lesson.text}
          onChange={(event) => change({ text: plainLine(event.currentTarget.value, lessonLimits.text) })}
        />
      </div>
      <p id={`${textId}-hint`} className="hint">
        {d('share.lessonWords', { n: lessonLimits.text - [...lesson.text].length })}
      </p>
    </>
  );
}
