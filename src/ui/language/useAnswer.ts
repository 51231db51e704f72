/**
 * An answer of the live engine about the current run, asked again whenever `key` changes, one question at a time. While a
 * newer one is awaited the last answer stays.
 */
import { useEffect, useRef, useState } from 'react';
import type { ErrorDetail } from '../../spec/errors.ts';
import type { Conversation } from '../../store/conversation.ts';
import { useController } from '../appContext.tsx';

export interface Answer<T> {
  readonly value: T | null;
  /** Why there is none for the newest question. */
  readonly failed: ErrorDetail | null;
  readonly asking: boolean;
}

/** `key` null asks nothing. `question` may be another function each time: only the key counts. */
export function useAnswer<T extends object>(
  key: string | null,
  question: (live: Conversation) => Promise<T>,
): Answer<T> {
  const controller = useController();
  const [answer, setAnswer] = useState<Answer<T>>({ value: null, failed: null, asking: false });
  const newest = useRef({ key, question });
  newest.current = { key, question };
  const busy = useRef(false);
  useEffect(() => {
    if (key === null || busy.current) return;
    const ask = async () => {
      busy.current = true;
      let asked: string | null = null;
      // A change of the key meanwhile is seen here, so that no two questions are under way.
      while (newest.current.key !== null && asked !== newest.current.key) {
        asked = newest.current.key;
        setAnswer((before) => ({ ...before, asking: true }));
        const found = await controller.askRun(newest.current.question);
        if (found !== null && 'problem' in found) {
          const failed: ErrorDetail = found;
          setAnswer((before) => ({ ...before, failed, asking: false }));
        } else {
          setAnswer((before) => ({ value: found ?? before.value, failed: null, asking: false }));
        }
      }
      busy.current = false;
    };
    void ask();
  }, [key, controller]);
  return answer;
}
