/**
 * Two distributions over the next token as mirrored bars: a line for each token that is told by name and one for all others,
 * the teacher to the left and a student to the right, the true token marked. It draws what it is given.
 */
import type { Softened, TokenScene } from '../../store/texts.ts';
import { fill, type Look, line, teacherLook } from '../palette.ts';
import { percent } from '../text.ts';
import { tokenText, tokenWord, w } from './words.ts';

interface Props {
  readonly classNames: readonly string[];
  readonly scene: TokenScene;
  readonly student: Softened | null;
  /** Probability of a bar of full length. */
  readonly top: number;
  readonly look: Look;
  readonly name: string;
}

export function TokenMirror({ classNames, scene, student, top, look, name }: Props) {
  const { teacher, tokens, label, others } = scene;
  return (
    <div
      className={teacher === null ? 'token-mirror is-alone' : 'token-mirror'}
      role="img"
      aria-label={inWords(classNames, scene, student, name)}
    >
      {tokens.map((token, at) => (
        <div key={token} className={token === label ? 'token-row is-label' : 'token-row'}>
          {teacher === null ? null : <Bar value={teacher.shown[at]} top={top} look={teacherLook} left />}
          <span className="token-name">{tokenText(classNames, token)}</span>
          <Bar value={student?.shown[at]} top={top} look={look} left={false} />
        </div>
      ))}
      {others === 0 ? null : (
        <div className="token-row is-rest">
          {teacher === null ? null : <Bar value={teacher.rest} top={top} look={teacherLook} left />}
          <span className="token-name">{w('token.rest', { n: others })}</span>
          <Bar value={student?.rest} top={top} look={look} left={false} />
        </div>
      )}
    </div>
  );
}

interface BarProps {
  readonly value: number | undefined;
  readonly top: number;
  readonly look: Look;
  readonly left: boolean;
}

function Bar({ value = 0, top, look, left }: BarProps) {
  const length = Math.min(1, value / top);
  return (
    <span className={left ? 'token-half is-left' : 'token-half'}>
      <span className="token-share">{percent(value, value < 0.0995 ? 1 : 0)}</span>
      <span className="token-track">
        <span
          className="token-bar"
          style={{
            transform: `scaleX(${length.toFixed(4)})`,
            background: fill(look),
            borderColor: line(look),
          }}
        />
      </span>
    </span>
  );
}

/** The three likeliest of each, and the true one, in words. */
function inWords(
  classNames: readonly string[],
  { tokens, teacher, label }: TokenScene,
  student: Softened | null,
  name: string,
): string {
  const largest = (one: Softened | null) =>
    tokens
      .map((token, at) => ({ token, p: one?.shown[at] ?? 0 }))
      .sort((a, b) => b.p - a.p)
      .slice(0, 3)
      .map(({ token, p }) => `${tokenWord(classNames, token)} ${percent(p, 0)}`)
      .join(', ');
  return w('token.described', {
    teacher: teacher === null ? '' : w('token.teacher', { words: largest(teacher) }),
    name,
    student: largest(student),
    label: tokenWord(classNames, label),
  });
}
