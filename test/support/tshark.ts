/** tshark's opinion of captures. */
import { spawnSync } from 'node:child_process';

/** `_ws.expert.severity` of a warning; errors are above, notes below. */
const WARNING = 0x00600000;

export function hasTshark(): boolean {
  return spawnSync('tshark', ['--version']).status === 0;
}

/** Fields of the packets that a display filter lets through, a line each, columns separated by `|`. Throws on a wrong filter. */
export function dissect(file: string, filter: string, fields: readonly string[]): readonly string[] {
  const columns = fields.flatMap((field) => ['-e', field]);
  // Checksums that the kernel leaves to hardware are right on arrival alone; ours are right always, and checked.
  const checked = ['-o', 'ip.check_checksum:TRUE'];
  const words = ['-r', file, ...checked, '-Y', filter, '-T', 'fields', '-E', 'separator=|', ...columns];
  const { status, stdout, stderr } = spawnSync('tshark', words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`tshark ${filter}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Packets that tshark finds malformed, or warns of, among those that the filter lets through: empty, where all is well. */
export function complaints(file: string, filter: string): readonly string[] {
  const against = `(${filter}) && (_ws.malformed || _ws.expert.severity >= ${WARNING})`;
  return dissect(file, against, ['frame.number', '_ws.col.Protocol', '_ws.col.Info', '_ws.expert.message']);
}
