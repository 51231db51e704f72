/**
 * Parts of the page that are loaded when they are called for. One that does not come, since the line broke or the page was
 * published anew meanwhile, says so in its place and can be asked for again; the rest of the page goes on.
 */
import { type ComponentType, type ReactNode, useEffect, useState } from 'react';
import { notify } from '../store/state.ts';
import { useAppStore } from './appContext.tsx';
import { t } from './text.ts';

interface Otherwise {
  /** What stands there until it has come. */
  readonly coming?: ReactNode;
  /** What stands there where it did not. */
  readonly lost?: ComponentType<LostProps>;
}

interface LostProps {
  again(): void;
}

export function late<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { coming = null, lost: Otherwise = Lost }: Otherwise = {},
): ComponentType<Props> {
  let Part: ComponentType<Props> | null = null;
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each part, by a module, as `lazy` is
  return function Late(props: Props) {
    const [state, setState] = useState<'coming' | 'there' | 'lost'>(Part === null ? 'coming' : 'there');
    useEffect(() => {
      if (state !== 'coming') return;
      let awaited = true;
      const come = (next: 'there' | 'lost') => {
        if (awaited) setState(next);
      };
      load().then(
        (loaded) => {
          Part = loaded;
          come('there');
        },
        () => come('lost'),
      );
      return () => {
        awaited = false;
      };
    }, [state]);
    if (state === 'lost') return <Otherwise again={() => setState('coming')} />;
    return Part === null ? coming : <Part {...props} />;
  };
}

/** In place of a part that did not come. */
export function Lost({ again }: LostProps) {
  return (
    <div className="card lost" role="alert">
      <p>{t('late.lost')}</p>
      <button type="button" onClick={again}>
        {t('late.again')}
      </button>
    </div>
  );
}

/** In place of a dialog that did not come: the button that was to open it asks again. */
export function LostDialog() {
  const store = useAppStore();
  useEffect(() => {
    store.setState({ dialog: null });
    tellLost(store);
  }, [store]);
  return null;
}

/** Where what did not come has no place on the page. */
export function tellLost(store: ReturnType<typeof useAppStore>): void {
  const [problem, remedy] = [t('late.problem'), t('late.remedy')];
  notify(store, { kind: 'error', detail: { code: 'part-lost', problem, remedy } });
}
