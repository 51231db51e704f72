/**
 * The lesson card: why this run is worth looking at, what to try, and the guards that apply to it now, or the words of a
 * lesson link in their place; and the strip that tells of such a link and undoes it.
 */

import { presets } from '../spec/presets.ts';
import { type DataSpec, isText } from '../spec/runSpec.ts';
import { resultGuards, settingGuards } from '../store/guards.ts';
import { hasWords, lessonInForce, restricts } from '../store/lesson.ts';
import type { Run } from '../store/run.ts';
import { useApp, useAppStore, useController, useScene } from './appContext.tsx';
import { Lockable, useHidden } from './Lockable.tsx';
import { late } from './late.tsx';
import { maybe, t } from './text.ts';

const FaultWords = late(() => import('./lab/FaultWords.tsx').then((module) => module.FaultWords));

export function Lesson({ run }: { run: Run | null }) {
  const own = useApp(lessonInForce);
  const hidden = useHidden('lesson');
  const hasOwn = hasWords(own);
  if (hidden && !hasOwn) return null;
  return (
    <section className="card lesson" aria-labelledby="lesson-title">
      {hasOwn ? <OwnWords id="lesson-title" title={own.title} text={own.text} /> : <PageWords />}
      {hidden ? null : <Guards run={run} />}
    </section>
  );
}

/** The words of a lesson at the head of the picture, where the page is narrow and what is said beside it stands below or behind a tab. */
export function WordsFirst() {
  const own = useApp(lessonInForce);
  if (!hasWords(own)) return null;
  return (
    <section className="card lesson words-first" aria-labelledby="words-first">
      <OwnWords id="words-first" title={own.title} text={own.text} />
    </section>
  );
}

/** Plain text of whoever made the link, and marked as theirs. */
function OwnWords({ id, title, text }: { id: string; title: string; text: string }) {
  return (
    <>
      <p className="eyebrow">{t('lesson.from')}</p>
      <h2 id={id} className="own-words" dir="auto">
        {title === '' ? t('lesson.own') : title}
      </h2>
      {text === '' ? null : (
        <p className="own-words" dir="auto">
          {text}
        </p>
      )}
    </>
  );
}

function PageWords() {
  const presetId = useApp((state) => state.presetId);
  const draft = useApp((state) => state.draft);
  const fault = draft.arms.find((arm) => arm.fault !== undefined)?.fault;
  // A mistake that is shown has nothing to do with what the preset is for.
  if (fault !== undefined) return <FaultWords fault={fault} id="lesson-title" />;
  const stem = stemOf(presetId, draft.data);
  const tries = [1, 2, 3].flatMap((n) => maybe(`${stem}.try${n}`) ?? []);
  return (
    <>
      <h2 id="lesson-title">{t('lesson.title')}</h2>
      <p>{maybe(`${stem}.why`) ?? t('lesson.file.why')}</p>
      {tries.length === 0 ? null : (
        <>
          <h3>{t('lesson.try')}</h3>
          <ul className="tries">
            {tries.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </>
      )}
      <AlsoLeaveOut />
    </>
  );
}

function Guards({ run }: { run: Run | null }) {
  const draft = useApp((state) => state.draft);
  const level = useApp((state) => state.level);
  const log = useScene(run);
  const guards = [
    ...settingGuards(draft, run?.facts ?? null),
    ...(run === null || run.facts === null || log === null ? [] : resultGuards(run.spec, run.facts, log)),
  ].filter(({ id }) => level !== 'learn' || !technical.has(id));
  if (guards.length === 0) return null;
  return (
    <ul className="guards" aria-label={t('guard.title')}>
      {guards.map((guard) => (
        <li key={guard.id}>{t(`guard.${guard.id}`, guard.values)}</li>
      ))}
    </ul>
  );
}

/** Nothing that a lesson leaves out is out of reach: one click shows all of it, another goes back. */
export function LessonStrip() {
  const store = useAppStore();
  const lifted = useApp((state) => state.lifted);
  if (!useApp(restricts)) return null;
  return (
    <aside className="lesson-strip" aria-label={t('lesson.own')}>
      <p role="status">{t(lifted ? 'lesson.lifted' : 'lesson.strip')}</p>
      <button type="button" onClick={() => store.setState({ lifted: !lifted })}>
        {t(lifted ? 'lesson.again' : 'lesson.showAll')}
      </button>
    </aside>
  );
}

/** They speak of what Learn does not show. */
const technical: ReadonlySet<string> = new Set(['oneLoss', 'clipping']);

/** A preset has words of its own; data of the user's, and texts under a preset of pictures, have those of their kind. */
function stemOf(presetId: string, data: DataSpec): string {
  const preset = presets.get(presetId)?.spec.data;
  if (data.task === 'file') return 'lesson.file';
  if (data.task === 'text' || (isText(data) && (preset === undefined || !isText(preset))))
    return 'lesson.text';
  return `lesson.${presetId.replace(/-\d+$/, '')}`;
}

/** The second experiment of the first paint: 3 and 8 together. Restarts. */
function AlsoLeaveOut() {
  const { data } = useApp((state) => state.draft);
  const controller = useController();
  if (data.task !== 'glyphs' || !data.leaveOut.includes(3)) return null;
  const both = data.leaveOut.includes(8);
  return (
    <Lockable path="data.leaveOut">
      <label className="check" data-control="data.leaveOut">
        <input
          type="checkbox"
          checked={both}
          onChange={() => controller.edit('data.leaveOut', both ? [3] : [3, 8])}
        />
        <span>{t('lesson.alsoEight')}</span>
      </label>
    </Lockable>
  );
}
