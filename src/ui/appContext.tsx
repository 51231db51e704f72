/** The store and the controller for every component, and the hooks that read them. No state of its own. */
import { createContext, type ReactNode, useCallback, useContext, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import type { Controller } from '../store/controller.ts';
import type { Run } from '../store/run.ts';
import type { RunLog } from '../store/runLog.ts';
import { type AppState, type AppStore, currentRun } from '../store/state.ts';

interface App {
  readonly store: AppStore;
  readonly controller: Controller;
}

const context = createContext<App | null>(null);

export function AppProvider({ app, children }: { app: App; children: ReactNode }) {
  return <context.Provider value={app}>{children}</context.Provider>;
}

function useWhole(): App {
  const app = useContext(context);
  if (app === null) throw new Error('A component of the page stands outside of AppProvider.');
  return app;
}

export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(useWhole().store, select);
}

export function useAppStore(): AppStore {
  return useWhole().store;
}

export function useController(): Controller {
  return useWhole().controller;
}

/** The run that is shown, or null. */
export function useRun(): Run | null {
  return useApp(currentRun);
}

/** Renders again at evaluations, pictures, events and replicates of this run; not at metric rows. */
export function useScene(run: Run | null): RunLog | null {
  const log = run?.log ?? null;
  const subscribe = useCallback(
    (listener: () => void) => log?.subscribe(listener) ?? (() => undefined),
    [log],
  );
  const scene = () => log?.scene ?? 0;
  useSyncExternalStore(subscribe, scene, scene);
  return log;
}
