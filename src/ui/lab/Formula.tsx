/**
 * A formula as MathML, in which the symbol of a parameter is a knob: dragged sideways it changes its value, clicked it
 * gives the focus to the parameter's slider, which is the way for the keyboard. One that a lesson locks is plain text. Until the typesetter is there, the text.
 */
import { useEffect, useRef, useState } from 'react';
import { isLockedBy } from '../../spec/lesson.ts';
import { lessonInForce } from '../../store/lesson.ts';
import { useApp } from '../appContext.tsx';

export interface Knob {
  /** As it stands in the formula: β. */
  readonly symbol: string;
  readonly title: string;
  /** The slider's element. */
  readonly controls: string;
  readonly value: number;
  /** How much a drag of one pixel changes. */
  readonly perPixel: number;
  onChange(value: number): void;
}

interface Props {
  readonly tex: string;
  /** The same in plain characters. */
  readonly text: string;
  readonly knobs: readonly Knob[];
}

type Typesetter = typeof import('temml')['default'];

export function Formula({ tex, text, knobs }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(knobs);
  latest.current = knobs;
  const typesetter = useTypesetter();
  const lock = useApp(lessonInForce)?.lock ?? [];
  const free = knobs.filter(({ controls }) => !isLockedBy(lock, controls.replace(/^slider-/, '')));
  const symbols = free.map(({ symbol }) => symbol).join(' ');
  useEffect(() => {
    const element = host.current;
    if (element === null || typesetter === null) return;
    typesetter.render(tex, element, { displayMode: true, throwOnError: false });
    const wanted = symbols.split(' ');
    for (const symbol of element.querySelectorAll('mi')) {
      const name = symbol.textContent ?? '';
      if (name !== '' && wanted.includes(name)) turn(symbol, name, latest);
    }
  }, [tex, typesetter, symbols]);
  useFit(host, `${tex} ${typesetter === null}`);
  return (
    <div ref={host} className="formula">
      {typesetter === null ? text : null}
    </div>
  );
}

/** A formula that is wider than its place is set smaller, down to a size that can still be read; beyond that it scrolls. */
const smallest = 0.6;

function useFit(host: React.RefObject<HTMLElement | null>, shown: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown decides how wide it is
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let width = 0;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      element.style.removeProperty('--fit');
      // Letters do not shrink quite as their size does.
      const fit = Math.max(smallest, (0.97 * width) / element.scrollWidth);
      if (element.scrollWidth > width) element.style.setProperty('--fit', fit.toFixed(3));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [host, shown]);
}

function useTypesetter(): Typesetter | null {
  const [typesetter, setTypesetter] = useState<Typesetter | null>(null);
  useEffect(() => {
    let left = false;
    void import('temml').then((module) => {
      if (!left) setTypesetter(() => module.default);
    });
    return () => {
      left = true;
    };
  }, []);
  return typesetter;
}

/** Makes one symbol of the formula a knob. */
function turn(element: Element, symbol: string, knobs: { readonly current: readonly Knob[] }): void {
  const knob = () => knobs.current.find((one) => one.symbol === symbol);
  element.classList.add('knob');
  let start: { readonly x: number; readonly value: number } | null = null;
  element.addEventListener('pointerdown', (event) => {
    const { clientX, pointerId } = event as PointerEvent;
    const known = knob();
    if (known === undefined) return;
    event.preventDefault();
    element.setPointerCapture(pointerId);
    start = { x: clientX, value: known.value };
    document.getElementById(known.controls)?.querySelector('input')?.focus();
  });
  element.addEventListener('pointermove', (event) => {
    const known = knob();
    if (start === null || known === undefined) return;
    known.onChange(start.value + ((event as PointerEvent).clientX - start.x) * known.perPixel);
  });
  const stop = () => {
    start = null;
  };
  element.addEventListener('pointerup', stop);
  element.addEventListener('pointercancel', stop);
}
