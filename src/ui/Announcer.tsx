/** Says events aloud, politely, and never single steps. */
import { useApp } from './appContext.tsx';
import { t } from './text.ts';

export function Announcer() {
  const announcement = useApp((state) => state.announcement);
  return (
    <p className="visually-hidden" aria-live="polite" role="status">
      {announcement === null ? '' : t(`announce.${announcement.kind}`, { step: announcement.step })}
    </p>
  );
}
