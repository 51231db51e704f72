/** A control that a lesson may lock: then it is off, with the reason, and so is all that stands in it. */
import { createContext, type ReactNode, useContext } from 'react';
import type { LessonPart } from '../spec/lesson.ts';
import { isHidden, isLocked } from '../store/lesson.ts';
import { useApp } from './appContext.tsx';
import { LockIcon } from './icons.tsx';
import { t } from './text.ts';

const insideLock = createContext(false);

interface Props {
  /** Of the setting, or of the group that all of it belongs to. */
  readonly path: string;
  readonly children: ReactNode;
}

export function Lockable({ path, children }: Props) {
  const locked = useLocked(path);
  const inside = useContext(insideLock);
  // The reason stands once for a whole card.
  if (!locked || inside) return children;
  return (
    <insideLock.Provider value={true}>
      <fieldset className="locked" disabled>
        <legend>
          <LockIcon />
          {t('locked.reason')}
        </legend>
        {children}
      </fieldset>
    </insideLock.Provider>
  );
}

export function useLocked(path: string): boolean {
  return useApp((state) => isLocked(state, path));
}

/** Whether the lesson leaves out a part of the page. */
export function useHidden(part: LessonPart): boolean {
  return useApp((state) => isHidden(state, part));
}
