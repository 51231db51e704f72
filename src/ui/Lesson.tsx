/** The lesson card: why this run is worth looking at, what to try, and the guards that apply to it now. */
import { presets } from '../spec/presets.ts';
import { type DataSpec, isText } from '../spec/runSpec.ts';
import { resultGuards, settingGuards } from '../store/guards.ts';
import type { Run } from '../store/run.ts';
import { useApp, useController, useScene } from './appContext.tsx';
import { maybe, t } from './text.ts';

export function Lesson({ run }: { run: Run | null }) {
  const presetId = useApp((state) => state.presetId);
  const draft = useApp((state) => state.draft);
  const log = useScene(run);
  const stem = stemOf(presetId, draft.data);
  const level = useApp((state) => state.level);
  const guards = [
    ...settingGuards(draft, run?.facts ?? null),
    ...(run === null || run.facts === null || log === null ? [] : resultGuards(run.spec, run.facts, log)),
  ].filter(({ id }) => level !== 'learn' || !technical.has(id));
  const tries = [1, 2, 3].flatMap((n) => maybe(`${stem}.try${n}`) ?? []);
  return (
    <section className="card lesson" aria-labelledby="lesson-title">
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
      {guards.length === 0 ? null : (
        <ul className="guards" aria-label={t('guard.title')}>
          {guards.map((guard) => (
            <li key={guard.id}>{t(`guard.${guard.id}`, guard.values)}</li>
          ))}
        </ul>
      )}
    </section>
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
    <label className="check" data-control="data.leaveOut">
      <input
        type="checkbox"
        checked={both}
        onChange={() => controller.edit('data.leaveOut', both ? [3] : [3, 8])}
      />
      <span>{t('lesson.alsoEight')}</span>
    </label>
  );
}
