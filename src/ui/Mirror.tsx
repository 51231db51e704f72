/**
 * Two distributions as mirrored bars over the classes: the teacher above, one student below, the label as a hollow
 * column. It draws what it is given; temperatures and softmax are elsewhere.
 */
import { fill, type Look, teacherLook } from './palette.ts';
import { percent, t } from './text.ts';

interface Props {
  readonly classNames: readonly string[];
  /** Classes to draw, in order. */
  readonly shown: readonly number[];
  readonly teacher: ArrayLike<number> | null;
  readonly student: ArrayLike<number> | null;
  readonly label: number | null;
  /** Probability of a bar of full height. */
  readonly top: number;
  readonly look: Look;
  readonly name: string;
}

export function Mirror({ classNames, shown, teacher, student, label, top, look, name }: Props) {
  return (
    <div className="mirror" role="img" aria-label={inWords(classNames, shown, teacher, student, name)}>
      {shown.map((c) => (
        <div
          key={c}
          className={c === label ? 'mirror-column is-label' : 'mirror-column'}
          title={inFigures(classNames[c], teacher?.[c], student?.[c], name)}
        >
          <Bar value={teacher?.[c]} top={top} look={teacherLook} up />
          <span className="mirror-class">{classNames[c]}</span>
          <Bar value={student?.[c]} top={top} look={look} up={false} />
        </div>
      ))}
    </div>
  );
}

function Bar({ value, top, look, up }: { value: number | undefined; top: number; look: Look; up: boolean }) {
  const height = Math.min(1, (value ?? 0) / top);
  return (
    <span className={up ? 'mirror-half is-up' : 'mirror-half is-down'}>
      <span
        className="mirror-bar"
        style={{ transform: `scaleY(${height.toFixed(4)})`, background: fill(look) }}
      />
    </span>
  );
}

/** What a pointer that rests on a column is told. */
function inFigures(
  className: string | undefined,
  teacher: number | undefined,
  student: number | undefined,
  name: string,
): string {
  const figure = (p: number | undefined) => (p === undefined ? '–' : percent(p, 1));
  return t('hero.column', {
    class: className ?? '',
    teacher: figure(teacher),
    name,
    student: figure(student),
  });
}

/** The three largest of each, in words. */
function inWords(
  classNames: readonly string[],
  shown: readonly number[],
  teacher: ArrayLike<number> | null,
  student: ArrayLike<number> | null,
  name: string,
): string {
  const largest = (p: ArrayLike<number> | null) =>
    p === null
      ? t('hero.nothing')
      : [...shown]
          .sort((a, b) => (p[b] ?? 0) - (p[a] ?? 0))
          .slice(0, 3)
          .map((c) => `${classNames[c]} ${percent(p[c] ?? 0, 0)}`)
          .join(', ');
  return t('hero.described', { teacher: largest(teacher), name, student: largest(student) });
}
