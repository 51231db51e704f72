/** Where the teacher's answers come from: the shipped pack, or the ONNX model itself at a click, with its progress. */

import type { TeacherFacts } from '../protocol/events.ts';
import type { Run } from '../store/run.ts';
import { useApp, useController } from './appContext.tsx';
import { late } from './late.tsx';
import { asSentence, bytes, count, figures, fixed, t } from './text.ts';

const AnswersPanel = late(() => import('./AnswersPanel.tsx').then((module) => module.AnswersPanel));

export function TeacherSource({ run }: { run: Run | null }) {
  const controller = useController();
  const progress = useApp((state) => state.progress);
  const busy = useApp((state) => state.activity !== 'idle');
  const level = useApp((state) => state.level);
  if (run === null || run.facts === null || run.spec.teacher.source === 'none') return null;
  const { teacher } = run.facts;
  // A copy of the student is no model to open.
  const one = teacher.delivery !== 'averaged';
  const loading = progress !== null && (progress.stage === 'download' || progress.stage === 'teacher');
  // Once it is here it is started, of which nothing can be counted.
  const coming = loading && progress.done < progress.total;
  return (
    <div className="teacher-source" data-control="teacher.file">
      {run.origin !== 'live' || run.state === 'finished' || !one ? null : (
        <button
          type="button"
          disabled={busy || loading}
          onClick={() => controller.liveTeacher(teacher.delivery !== 'live')}
        >
          {t(teacher.delivery === 'live' ? 'teacher.usePack' : 'teacher.useLive')}
        </button>
      )}
      {loading && !busy ? (
        <>
          <progress
            {...(coming ? { value: progress.done, max: progress.total } : {})}
            aria-label={t('teacher.progress')}
          />
          <p className="hint">
            {coming
              ? t('teacher.loading', { done: bytes(progress.done), total: bytes(progress.total) })
              : t('stage.teacher', { share: '' })}
          </p>
        </>
      ) : null}
      {teacher.provider === null ? null : (
        <p className="hint">
          {t(`teacher.provider.${teacher.provider.name}`)} {asSentence(teacher.provider.reason)}
          {teacher.milliseconds === null
            ? ''
            : ` ${t('teacher.speed', { ms: figures(teacher.milliseconds) })}`}
        </p>
      )}
      {level === 'learn' ? null : (
        <dl className="facts">
          <div>
            <dt>{t('teacher.trainedOn')}</dt>
            <dd>{teacher.trainedOn === null ? '–' : count(teacher.trainedOn)}</dd>
          </div>
          <div>
            <dt>SHA-256</dt>
            <dd className="mono" title={teacher.sha256}>
              {teacher.sha256.slice(0, 12)}…
            </dd>
          </div>
          <Spread teacher={teacher} />
        </dl>
      )}
      {level === 'learn' ? null : <AnswersPanel run={run} teacher={teacher} />}
    </div>
  );
}

/** How far its logits spread, and what each temperature makes of them. */
function Spread({ teacher: { logitDeviation, softness } }: { teacher: TeacherFacts }) {
  if (logitDeviation === undefined || softness === undefined) return null;
  return (
    <>
      <div>
        <dt>{t('teacher.deviation')}</dt>
        <dd>{figures(logitDeviation)}</dd>
      </div>
      <div className="is-wide">
        <dt>{t('teacher.softness')}</dt>
        <dd>
          <table className="softness">
            <tbody>
              <tr>
                <th scope="row">T</th>
                {softness.map(({ temperature }) => (
                  <th key={temperature} scope="col">
                    {temperature}
                  </th>
                ))}
              </tr>
              <tr>
                <th scope="row">{t('teacher.classes')}</th>
                {softness.map(({ temperature, classes }) => (
                  <td key={temperature}>{fixed(classes, 1)}</td>
                ))}
              </tr>
            </tbody>
          </table>
        </dd>
      </div>
    </>
  );
}
