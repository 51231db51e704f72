/** What a run over texts is looked at by: the text itself, and one of its tokens. Loaded when there is such a run. */
import type { Run } from '../../store/run.ts';
import { TextStrip } from './TextStrip.tsx';
import { TokenHero } from './TokenHero.tsx';

export function LanguageStage({ run }: { run: Run }) {
  return (
    <>
      <TextStrip run={run} />
      <TokenHero run={run} />
    </>
  );
}
