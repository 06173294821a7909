/** `tcp`: a connection that carries bytes. */
import type { Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import type { Report } from './report.ts';
import type { TcpFlow } from './schema.generated.ts';
import { commonOf, endsOf, type Unnumbered } from './traffic-common.ts';
import { sizeBytes } from './units.ts';

export function tcpFlow(
  report: Report,
  names: Names,
  item: TcpFlow,
  path: DocumentPath,
): readonly Unnumbered[] {
  const { tcp, name } = item;
  const ends = endsOf(report, names, item, path);
  // Its packets carry no header of shadowlab's, so there are none that could be traced.
  const common = commonOf(report, item, path, 'none');
  const bytes = tcp?.bytes === undefined ? undefined : sizeBytes(tcp.bytes);
  if (bytes === 0) report.error([...path, 'tcp', 'bytes'], `bytes: a flow of ${tcp?.bytes} sends nothing`);
  if (ends === undefined) return [];
  for (const key of ['from', 'to'] as const) {
    if (ends[key].peer === undefined) continue;
    const message = `flow "${name}": external peer "${ends[key].name}" speaks TCP for BGP alone`;
    report.error([...path, key], { message, suggestion: 'give the flow a rate, or another host' });
  }
  return [
    {
      kind: 'tcp',
      name,
      group: name,
      from: ends.from.name,
      to: ends.to.name,
      ...common,
      ...(bytes === undefined ? {} : { bytes }),
      congestionControl: tcp?.congestion === 'newreno' ? 'new-reno' : 'cubic',
    },
  ];
}
