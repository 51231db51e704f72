/** What went wrong, what was mended, what was dropped from a link: each with one thing to do. Nothing modal. */
import { useEffect } from 'react';
import type { ErrorDetail } from '../spec/errors.ts';
import { levelOf } from '../store/controls.ts';
import { isOutOfReach } from '../store/lesson.ts';
import { levels, type Notice } from '../store/state.ts';
import { useApp, useAppStore, useController } from './appContext.tsx';
import { ErrorFacts } from './ErrorFacts.tsx';
import { settingLabel } from './Field.tsx';
import { CloseIcon } from './icons.tsx';
import { figures, maybe, plural, t } from './text.ts';

export function Notices() {
  const notices = useApp((state) => state.notices);
  if (notices.length === 0) return null;
  return (
    <section className="notices" aria-label={t('notice.title')}>
      {notices.map((notice) => (
        <One key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function One({ notice }: { notice: Notice }) {
  const store = useAppStore();
  const close = () =>
    store.setState((state) => ({ notices: state.notices.filter((one) => one.id !== notice.id) }));
  return (
    <div
      className={notice.kind === 'error' ? 'notice is-error' : 'notice'}
      role={notice.kind === 'error' ? 'alert' : 'status'}
    >
      <div className="notice-body">
        <Body notice={notice} close={close} />
      </div>
      <button type="button" className="plain icon-only" aria-label={t('notice.close')} onClick={close}>
        <CloseIcon />
      </button>
    </div>
  );
}

function Body({ notice, close }: { notice: Notice; close(): void }) {
  const controller = useController();
  switch (notice.kind) {
    case 'error':
      return <ErrorBody detail={notice.detail} />;
    case 'recovered':
      return <p>{t('notice.recovered', { step: notice.step, reason: notice.reason })}</p>;
    case 'rolled-back': {
      const { step, from, arm, tensor, rate } = notice;
      const lower = String(Number(rate.toPrecision(3)));
      return <p>{t('notice.rolledBack', { step, from, arm, tensor, rate: lower })}</p>;
    }
    case 'dropped':
      return (
        <p>
          {plural('notice.dropped', notice.fields.length)}{' '}
          {[...new Set(notice.fields.map(settingLabel))].join(', ')}
        </p>
      );
    case 'resumable':
      return (
        <p>
          {t('notice.resumable', { name: notice.left.name, step: notice.left.step })}{' '}
          <button
            type="button"
            className="link"
            onClick={() => {
              close();
              void controller.resume(notice.left);
            }}
          >
            {t('notice.resume')}
          </button>
        </p>
      );
    case 'behind':
      return <p>{t('notice.behind', { step: notice.step, left: notice.left })}</p>;
    case 'undo':
      return (
        <p>
          {t('notice.rewound', { name: notice.name })}{' '}
          <button type="button" className="link" onClick={() => void controller.undo(notice.runId)}>
            {t('notice.undo')}
          </button>
        </p>
      );
    case 'reproduced':
      return (
        <p>
          {notice.apart === 0
            ? t('notice.reproduced', { name: notice.runName })
            : t(`notice.notReproduced.${notice.unit}`, {
                name: notice.runName,
                apart: figures(notice.apart),
              })}
        </p>
      );
  }
}

/** What went wrong, and the control that mends it. */
function ErrorBody({ detail }: { detail: ErrorDetail }) {
  const store = useAppStore();
  const level = useApp((state) => state.level);
  const { control } = detail;
  const open = () => {
    if (control === undefined) return;
    const file = /^(data|teacher)\.file$/.test(control);
    if (file && ['file', 'text'].includes(store.getState().draft.data.task))
      return store.setState({ dialog: 'bring' });
    const wanted = file ? level : levelOf(control);
    // Whoever is to mend a setting must be able to.
    if (isOutOfReach(store.getState(), control)) store.setState({ lifted: true });
    if (levels.indexOf(wanted) > levels.indexOf(level)) store.setState({ level: wanted });
    store.setState({ flashed: { path: control, id: Date.now() }, tab: 'what' });
  };
  return (
    <>
      <ErrorFacts detail={detail} />
      {control === undefined || maybe(`label.${control}`) === undefined ? null : (
        <button type="button" className="link" onClick={open}>
          {t('error.show', { name: settingLabel(control) })}
        </button>
      )}
    </>
  );
}

/** Opens, scrolls to and flashes the control that an error names. Renders nothing. */
export function Flasher() {
  const flashed = useApp((state) => state.flashed);
  const notices = useApp((state) => state.notices);
  const store = useAppStore();
  const newest = notices.at(-1);
  useEffect(() => {
    if (newest?.kind !== 'error' || newest.detail.control === undefined) return;
    store.setState({ flashed: { path: newest.detail.control, id: newest.id } });
  }, [newest, store]);
  useEffect(() => {
    if (flashed === null) return;
    const frame = requestAnimationFrame(() => flash(flashed.path));
    return () => cancelAnimationFrame(frame);
  }, [flashed]);
  return null;
}

function flash(path: string): void {
  const own = (element: HTMLElement) => element.dataset['control'] ?? '';
  const [found] = [...document.querySelectorAll<HTMLElement>('[data-control]')]
    .filter((element) => path === own(element) || path.startsWith(`${own(element)}.`))
    // A card holds what has no field of its own; whatever is nearer comes first.
    .sort((a, b) => own(b).length - own(a).length);
  if (found === undefined) return;
  for (let up = found.parentElement; up !== null; up = up.parentElement) {
    if (up instanceof HTMLDetailsElement) up.open = true;
  }
  found.scrollIntoView({ block: 'center' });
  found.classList.add('is-flashed');
  setTimeout(() => found.classList.remove('is-flashed'), 2000);
}
