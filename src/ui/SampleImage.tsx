/** One sample as a small picture in the colours of the theme. Decorative: whoever shows it says in words what it is. */
import { useEffect, useRef } from 'react';
import { useResolvedTheme } from './useResolvedTheme.ts';

interface Props {
  readonly input: ArrayLike<number>;
  readonly side: number;
  readonly className?: string;
}

export function SampleImage({ input, side, className = '' }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const theme = useResolvedTheme();
  useEffect(() => {
    const canvas = ref.current;
    if (canvas !== null) paint(canvas, input, side, theme === 'dark' ? 238 : 27);
  }, [input, side, theme]);
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus
  return <canvas ref={ref} width={side} height={side} className={`sample ${className}`} aria-hidden="true" />;
}

/** Ink by alpha, so that the paper of the theme shows through. Values are stretched to the sample's own range. */
function paint(canvas: HTMLCanvasElement, input: ArrayLike<number>, side: number, shade: number): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < side * side; at++) {
    low = Math.min(low, input[at] ?? 0);
    high = Math.max(high, input[at] ?? 0);
  }
  const range = high > low ? high - low : 1;
  const image = context.createImageData(side, side);
  for (let at = 0; at < side * side; at++) {
    image.data.set([shade, shade, shade, (255 * ((input[at] ?? 0) - low)) / range], at * 4);
  }
  context.putImageData(image, 0, 0);
}
