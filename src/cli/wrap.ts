/**
 * Breaks a line between words so that it fits; what follows its first line is indented a little more than it.
 * A word that is longer than a line stays whole.
 */
export function wrap(line: string, columns: number): readonly string[] {
  const indent = ' '.repeat(line.length - line.trimStart().length);
  const lines: string[] = [];
  let current = indent;
  for (const word of line.trim().split(' ')) {
    const begun = current.trim() !== '';
    if (begun && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = `${indent}  ${word}`;
    } else {
      current = begun ? `${current} ${word}` : `${current}${word}`;
    }
  }
  return [...lines, current];
}
