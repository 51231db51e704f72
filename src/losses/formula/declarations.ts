/**
 * The parameters that a formula declares, read by themselves: what ranges and controls need, without the compiler. A line
 * that is no declaration is passed over; whether it is a mistake is the reader's affair (syntax.ts).
 */

export interface Parameter {
  readonly name: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

const numberText = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;

/** `param NAME = default in least..most`: what stands before the name, the name, and the three numbers. */
export const parameterPattern = new RegExp(
  String.raw`^(\s*param\s+)([A-Za-z]\w*)\s*=\s*(${numberText})\s+in\s+(${numberText})\s*\.\.\s*(${numberText})\s*$`,
);

/** In the order of the text. */
export function declaredParameters(text: string): readonly Parameter[] {
  return text.split('\n').flatMap((line) => {
    const [, , name, usual, least, most] = parameterPattern.exec(line.replace(/#.*$/, '').trimEnd()) ?? [];
    if (name === undefined) return [];
    return [{ name, default: Number(usual), min: Number(least), max: Number(most) }];
  });
}
