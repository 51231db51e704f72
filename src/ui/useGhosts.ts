/** The runs that are drawn under this one. */
import { useMemo } from 'react';
import type { Run } from '../store/run.ts';
import { useApp } from './appContext.tsx';

export function useGhosts(run: Run): readonly Run[] {
  const runs = useApp((state) => state.runs);
  return useMemo(() => runs.filter((one) => one.compared && one.id !== run.id), [runs, run.id]);
}
