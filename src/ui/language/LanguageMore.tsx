/** What is asked of the models of a run over texts only where someone opens it: how they go on, and what they look at. */
import type { Run } from '../../store/run.ts';
import { AttentionPanel } from './AttentionPanel.tsx';
import { Continuations } from './Continuations.tsx';

export function LanguageMore({ run }: { run: Run }) {
  if (run.facts === null) return null;
  return (
    <>
      <Continuations key={`write ${run.id}`} run={run} />
      <AttentionPanel key={`attend ${run.id}`} run={run} />
    </>
  );
}
