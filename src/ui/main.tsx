/** Puts the page together: state, controller, sources of runs, React. Nothing trains before a click. */
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/see.css';
import './styles/panels.css';
import './styles/print.css';
import { createRoot } from 'react-dom/client';
import { Controller } from '../store/controller.ts';
import { sources } from '../store/sources.ts';
import { createAppStore } from '../store/state.ts';
import { beginVisit } from '../store/visit.ts';
import { App } from './App.tsx';
import { AppProvider } from './appContext.tsx';
import { showCrash } from './crashed.ts';
import { keepTheme } from './theme.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root.');

const store = createAppStore();
const controller = new Controller(store, sources);
keepTheme(store.getState().theme);

createRoot(root, { onUncaughtError: (error) => showCrash(root, error) }).render(
  <AppProvider app={{ store, controller }}>
    <App />
  </AppProvider>,
);

void beginVisit(store, controller);
// Nobody types a command before the first paint.
void import('../store/console.ts').then(({ consoleOf }) =>
  Object.assign(window, { stillroom: consoleOf(store, controller) }),
);
