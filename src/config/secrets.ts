/** Lines of a configuration as they are shown where only their place and kind matter. Pure. */

const SECRET =
  /\b(password(?:\s+(?:clear|md5))?|authentication-key|key-string|message-digest-key\s+\d+\s+md5)(\s+)\S+/g;

/** `neighbor 10.0.0.2 password …` */
export function withoutSecrets(line: string): string {
  return line.replace(SECRET, '$1$2…');
}
